//! Filling: day after day of the demo, everything that happens on it.

use super::{
    cast::{DAYS, End, PEOPLE, PLANS, RESELLERS, TENANTS, Tenant},
    logins::{ADMIN, Logins},
    vendor::{Vendor, done},
};
use crate::{
    billing,
    identity::{
        first_admin::{self, NewAdmin},
        session::entity::Portal,
    },
    serve::Running,
    terminal::say,
    work,
};
use anyhow::Context;
use std::collections::HashMap;
use tenantry_proto::v1::{self as pb, master_admin_service_server::MasterAdminService};

/// The ids of what was made, by slug or code.
type Ids = HashMap<&'static str, String>;

/// Fills an empty server. What was done before a break is not done again: every request has a key of its own.
pub async fn fill(running: &Running, logins: &mut Logins) -> anyhow::Result<()> {
    if logins.progress.filled {
        return Ok(());
    }
    let app = &running.app;
    if let Some(token) = &running.setup_token {
        let admin = NewAdmin::check(ADMIN, "Admin", &logins.password(ADMIN)?)?;
        first_admin::create(&work::cx(app), token, admin).await?;
    }
    let vendor = Vendor::new(app, ADMIN).await?;
    let begins = logins.progress.begins;
    say(format_args!(
        "Filling a demo of {} plans, {} resellers and {} tenants over {} months.",
        PLANS.len(),
        RESELLERS.len(),
        TENANTS.len(),
        DAYS / 30
    ));
    vendor.set_time(begins, 0, 8 * 3600);
    let plans = plans(&vendor).await?;
    let resellers = resellers(&vendor).await?;
    let mut tenants = Ids::new();
    for day in 0..DAYS {
        vendor.set_time(begins, day, 9 * 3600);
        for tenant in TENANTS.iter().filter(|t| t.joins == day) {
            join(&vendor, tenant, &plans, &resellers, &mut tenants).await?;
        }
        vendor.set_time(begins, day, 15 * 3600);
        while billing::due::run(&work::cx(app)).await? {}
        pay(&vendor, day, &tenants).await?;
    }
    people(&vendor, logins, &tenants, &resellers).await?;
    app.store.clock().follow();
    end(&vendor, &tenants).await?;
    logins.finish()?;
    say("The demo is complete.");
    Ok(())
}

async fn plans(vendor: &Vendor) -> anyhow::Result<Ids> {
    let mut ids = Ids::new();
    for p in &PLANS {
        let price = |(cadence, currency, minor): &(billing::plan::price::Cadence, &str, i64)| pb::Price {
            id: String::new(),
            cadence: cadence.number(),
            amount: Some(pb::Money {
                currency_code: (*currency).to_owned(),
                minor_units: *minor,
            }),
        };
        let plan = pb::Plan {
            code: p.code.into(),
            display_name: p.name.into(),
            description: p.description.into(),
            entitlements: Some(pb::Entitlements {
                deployments: p.deployments,
                memory_bytes: p.memory_bytes,
                subscribers: p.subscribers,
                users: p.users,
            }),
            prices: p.prices.iter().map(price).collect(),
            ..Default::default()
        };
        let request = pb::CreatePlanRequest {
            request_id: format!("demo-plan-{}", p.code),
            plan: Some(plan),
            validate_only: false,
        };
        let made = done("making a plan", vendor.master.create_plan(vendor.ask(request)).await)?;
        ids.insert(p.code, made.id);
    }
    say("  Plans: community, regional, carrier, wholesale");
    Ok(ids)
}

async fn resellers(vendor: &Vendor) -> anyhow::Result<Ids> {
    let mut ids = Ids::new();
    for r in &RESELLERS {
        let reseller = pb::Reseller {
            code: r.code.into(),
            display_name: r.name.into(),
            contact_email: r.email.into(),
            agreement: Some(pb::CommissionAgreement {
                version: 0,
                initial_rate_ppm: r.initial_rate_ppm,
                recurring_rate_ppm: r.recurring_rate_ppm,
                recurring_invoices: r.recurring_invoices,
                hold_days: r.hold_days,
            }),
            ..Default::default()
        };
        let request = pb::CreateResellerRequest {
            request_id: format!("demo-reseller-{}", r.code),
            reseller: Some(reseller),
            validate_only: false,
        };
        let made = done("making a reseller", vendor.master.create_reseller(vendor.ask(request)).await)?;
        ids.insert(r.code, made.id);
    }
    say("  Resellers: Alpenlink Partner, Harbour IT, Prairie Telecom Consulting");
    Ok(ids)
}

/// Onboards a tenant, waits until its instance is healthy, and stops it again.
async fn join(vendor: &Vendor, t: &Tenant, plans: &Ids, resellers: &Ids, tenants: &mut Ids) -> anyhow::Result<()> {
    let tenant = pb::Tenant {
        slug: t.slug.into(),
        display_name: t.name.into(),
        contact: Some(pb::Contact {
            name: t.contact.into(),
            email: t.email.into(),
            phone: String::new(),
        }),
        billing_currency: t.currency.into(),
        time_zone: t.time_zone.into(),
        reseller_id: t.reseller.and_then(|code| resellers.get(code)).cloned().unwrap_or_default(),
        ..Default::default()
    };
    let branding = pb::BrandingSettings {
        primary_color: t.color.into(),
        ..Default::default()
    };
    let request = pb::OnboardTenantRequest {
        request_id: format!("demo-tenant-{}", t.slug),
        tenant: Some(tenant),
        settings: Some(pb::TenantSettings {
            branding: Some(branding),
            ..Default::default()
        }),
        plan_id: plans.get(t.plan).cloned().unwrap_or_default(),
        cadence: t.cadence.number(),
        billing_anchor_day: t.anchor_day,
        ..Default::default()
    };
    let operation = done("onboarding", vendor.master.onboard_tenant(vendor.ask(request)).await)?;
    let operation = vendor.finished(&operation.id).await?;
    if t.end != End::Running {
        stop(vendor, &operation.deployment_id).await?;
    }
    say(format_args!(
        "  {} joined: its instance was proven healthy{}",
        t.name,
        if t.end == End::Running { "" } else { " and stopped again" }
    ));
    tenants.insert(t.slug, operation.tenant_id);
    Ok(())
}

async fn stop(vendor: &Vendor, deployment: &str) -> anyhow::Result<()> {
    let request = pb::GetDeploymentRequest {
        deployment_id: deployment.to_owned(),
    };
    let now = done("reading an instance", vendor.master.get_deployment(vendor.ask(request)).await)?;
    if now.desired_state() == pb::DesiredState::Running {
        let request = pb::StopDeploymentRequest {
            deployment_id: deployment.to_owned(),
            etag: String::new(),
            ..Default::default()
        };
        done("stopping an instance", vendor.master.stop_deployment(vendor.ask(request)).await)?;
    }
    Ok(())
}

/// Records the payments of a day.
async fn pay(vendor: &Vendor, day: i64, tenants: &Ids) -> anyhow::Result<()> {
    let now = vendor.app.store.clock().business();
    let filter = "state = OPEN".to_owned();
    let request = pb::ListInvoicesRequest {
        page_size: 200,
        filter,
        ..Default::default()
    };
    let open = done("reading invoices", vendor.master.list_invoices(vendor.ask(request)).await)?;
    for invoice in open.invoices {
        let Some(tenant) = TENANTS.iter().find(|t| tenants.get(t.slug) == Some(&invoice.tenant_id)) else {
            continue;
        };
        let age = invoice.finalize_time.map_or(0, |t| (now.timestamp() - t.seconds) / 86_400);
        let pays = tenant.pays_after.is_some_and(|after| age >= after) && day < tenant.pays_until;
        if !pays {
            continue;
        }
        let payment = pb::Payment {
            invoice_id: invoice.id.clone(),
            amount: invoice.amount_due,
            method: pb::PaymentMethod::BankTransfer.into(),
            reference: format!("{} {}", tenant.slug.to_uppercase(), invoice.number),
            ..Default::default()
        };
        let request = pb::RecordPaymentRequest {
            request_id: format!("demo-payment-{}", invoice.id),
            payment: Some(payment),
            ..Default::default()
        };
        done("recording a payment", vendor.master.record_payment(vendor.ask(request)).await)?;
    }
    Ok(())
}

/// Gives everybody in the list of sign-ins a role and a password.
async fn people(vendor: &Vendor, logins: &Logins, tenants: &Ids, resellers: &Ids) -> anyhow::Result<()> {
    for person in &PEOPLE {
        let (tenant_id, reseller_id) = match person.role.portal() {
            Portal::Master => (String::new(), String::new()),
            Portal::Tenant => (tenants.get(person.account).cloned().unwrap_or_default(), String::new()),
            Portal::Reseller => (String::new(), resellers.get(person.account).cloned().unwrap_or_default()),
        };
        let request = pb::ListUsersRequest {
            filter: format!("email = {:?}", person.email),
            ..Default::default()
        };
        let known = done("reading users", vendor.master.list_users(vendor.ask(request)).await)?
            .users
            .pop();
        let user = match known {
            Some(user) => user,
            None => {
                let request = pb::InviteUserRequest {
                    request_id: format!("demo-user-{}", person.email),
                    email: person.email.into(),
                    display_name: person.name.into(),
                    role: person.role.number(),
                    tenant_id,
                    reseller_id,
                };
                done("inviting", vendor.master.invite_user(vendor.ask(request)).await)?
                    .user
                    .context("an invitation without a user")?
            }
        };
        if user.state() == pb::UserState::Invited {
            vendor.accept(&user.id, person.name, logins.password(person.email)?).await?;
        }
    }
    say("  People can sign in");
    Ok(())
}

/// Brings the tenants to where the demo leaves them.
async fn end(vendor: &Vendor, tenants: &Ids) -> anyhow::Result<()> {
    for t in &TENANTS {
        let tenant_id = tenants.get(t.slug).cloned().with_context(|| format!("{} has not joined", t.slug))?;
        let now = vendor.tenant(t.slug).await?.with_context(|| format!("{} is missing", t.slug))?;
        if now.state() != pb::TenantState::Active {
            continue;
        }
        match t.end {
            End::Suspended => {
                let reason = "Two invoices are overdue. Service resumes when they are paid.".to_owned();
                let request = pb::SuspendTenantRequest {
                    tenant_id,
                    reason,
                    etag: String::new(),
                    ..Default::default()
                };
                done("suspending", vendor.master.suspend_tenant(vendor.ask(request)).await)?;
                say(format_args!("  {} is suspended", t.name));
            }
            End::Deleted => {
                let request = pb::DeleteTenantRequest {
                    tenant_id,
                    confirm_slug: t.slug.into(),
                    etag: String::new(),
                    ..Default::default()
                };
                done("deleting", vendor.master.delete_tenant(vendor.ask(request)).await)?;
                say(format_args!("  {} is deleted and can be taken back", t.name));
            }
            End::Running | End::Stopped => {}
        }
    }
    Ok(())
}
