//! Tenants: what can be done with them, from the form to the purge.

use anyhow::{Context, Result};
use portal_client::{Client, Code, RpcError, pb, request_id};
use prost_types::FieldMask;
use tenantry_tests::{Account, Harness, PASSWORD, Refused, accept, both, eventually, finished, make};

use crate::people::me;
use pb::TenantState as Is;

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    })
}

fn suspend(id: &str) -> pb::SuspendTenantRequest {
    pb::SuspendTenantRequest {
        tenant_id: id.into(),
        reason: "The invoice is not paid".into(),
        ..Default::default()
    }
}

fn resume(id: &str) -> pb::ResumeTenantRequest {
    pb::ResumeTenantRequest {
        tenant_id: id.into(),
        ..Default::default()
    }
}

fn delete(of: &Account) -> pb::DeleteTenantRequest {
    pb::DeleteTenantRequest {
        tenant_id: of.id.clone(),
        confirm_slug: of.slug.clone(),
        ..Default::default()
    }
}

fn undelete(id: &str) -> pb::UndeleteTenantRequest {
    pb::UndeleteTenantRequest {
        tenant_id: id.into(),
        ..Default::default()
    }
}

fn purge(of: &Account) -> pb::PurgeTenantRequest {
    pb::PurgeTenantRequest {
        request_id: request_id(),
        tenant_id: of.id.clone(),
        confirm_slug: of.slug.clone(),
        ..Default::default()
    }
}

async fn get(h: &Harness, id: &str) -> Result<pb::Tenant> {
    Ok(h.master().get_tenant(pb::GetTenantRequest { tenant_id: id.into() }).await?)
}

/// Somebody of a tenant, with a new session.
async fn sign_in(h: &Harness, email: &str) -> Result<Client, RpcError> {
    let client = h.anybody(pb::Portal::Tenant);
    client.sign_in(email, PASSWORD, "").await?;
    Ok(client)
}

both! {
    async fn a_suspended_tenant_sees_and_pays_its_invoices(h: Harness) -> Result<()> {
        let acme = h.tenant("held").await?;
        let user = acme.user().await?;
        let held = h.master().suspend_tenant(suspend(&acme.id)).await?;
        assert_eq!((held.state(), held.state_reason.as_str()), (Is::Suspended, "The invoice is not paid"));
        let again = h.master().suspend_tenant(suspend(&acme.id)).await.refused(Code::FailedPrecondition)?;
        assert_eq!(again.reason, "TENANT_STATE");

        // Sessions go on and new ones begin; what there is can be read.
        let admin = sign_in(&h, &me(acme.admin()).email).await?;
        for calls in [admin.tenant(), acme.admin().tenant()] {
            let seen = calls.get_tenant(pb::GetTenantRequest { tenant_id: acme.id.clone() }).await?;
            assert_eq!((seen.state(), seen.state_reason.as_str()), (Is::Suspended, "The invoice is not paid"));
        }
        let calls = admin.tenant();
        assert_eq!(calls.get_dashboard(pb::GetDashboardRequest::default()).await?.tenant.map(|t| t.state()), Some(Is::Suspended));
        calls.get_tenant_settings(pb::GetTenantSettingsRequest { tenant_id: acme.id.clone() }).await?;
        let users = calls.list_users(pb::ListUsersRequest::default()).await?.users;
        assert_eq!(users.len(), 2);
        let deployment = pb::GetDeploymentRequest { deployment_id: acme.deployment_id.clone() };
        let seen = eventually("down", async || Ok(calls.get_deployment(deployment.clone()).await?), |d| d.state() == pb::DeploymentState::Suspended).await?;
        assert_eq!(seen.suspend_reason, "The invoice is not paid");
        let log = pb::TailDeploymentLogsRequest { deployment_id: acme.deployment_id.clone(), ..Default::default() };
        assert!(!user.tenant().tail_deployment_logs(log).await?.next().await.context("a log")??.lines.is_empty());
        let invoice = calls.list_invoices(pb::ListInvoicesRequest::default()).await?.invoices.remove(0);
        let start = pb::StartDeploymentRequest { deployment_id: acme.deployment_id.clone(), ..Default::default() };
        assert_eq!(calls.start_deployment(start).await.refused(Code::FailedPrecondition)?.reason, "TENANT_SUSPENDED");

        // What it pays is taken.
        h.master().record_payment(make::payment(&invoice.id, invoice.amount_due.clone().unwrap_or_default())).await?;
        let paid = calls.get_invoice(pb::GetInvoiceRequest { invoice_id: invoice.id }).await?;
        assert_eq!(paid.state(), pb::InvoiceState::Paid);
        assert_eq!(calls.list_payments(pb::ListPaymentsRequest::default()).await?.total_size, 1);

        let back = h.master().resume_tenant(resume(&acme.id)).await?;
        assert_eq!((back.state(), back.state_reason.as_str()), (Is::Active, ""));
        assert_eq!(h.master().resume_tenant(resume(&acme.id)).await.refused(Code::FailedPrecondition)?.reason, "TENANT_STATE");
        Ok(())
    }

    async fn a_deleted_tenant_can_be_taken_back_and_a_purged_one_cannot(h: Harness) -> Result<()> {
        let acme = h.tenant("gone").await?;
        let (master, email) = (h.master(), me(acme.admin()).email);
        let refused = master.purge_tenant(purge(&acme)).await.refused(Code::FailedPrecondition)?;
        assert_eq!(refused.reason, "TENANT_STATE");
        master.undelete_tenant(undelete(&acme.id)).await.refused(Code::FailedPrecondition)?;
        let wrong = pb::DeleteTenantRequest { confirm_slug: "another".into(), ..delete(&acme) };
        assert_eq!(master.delete_tenant(wrong).await.violations()?, ["confirm_slug"]);
        let gone = master.delete_tenant(delete(&acme)).await?;
        let days = gone.purge_time.zip(gone.delete_time).map(|(purge, delete)| (purge.seconds - delete.seconds) / 86_400);
        assert_eq!((gone.state(), days), (Is::Deleted, Some(30)));

        // Its people are out, and its name stays taken.
        let seen = acme.admin().tenant().get_tenant(pb::GetTenantRequest { tenant_id: acme.id.clone() }).await;
        assert_eq!(seen.refused(Code::NotFound)?.message, "There is no such account.");
        assert!(acme.admin().session().is_none());
        sign_in(&h, &email).await.refused(Code::Unauthenticated)?;
        let same = make::onboarding(&acme.slug, &h.plan().await?.id);
        assert_eq!(master.onboard_tenant(same.clone()).await.refused(Code::AlreadyExists)?.reason, "SLUG_TAKEN");
        master.suspend_tenant(suspend(&acme.id)).await.refused(Code::FailedPrecondition)?;
        master.delete_tenant(delete(&acme)).await.refused(Code::FailedPrecondition)?;

        let back = master.undelete_tenant(undelete(&acme.id)).await?;
        assert_eq!((back.state(), back.delete_time, back.purge_time), (Is::Active, None, None));
        let admin = sign_in(&h, &email).await?;
        let subscription = admin.tenant().list_subscriptions(pb::ListSubscriptionsRequest::default()).await?.subscriptions.remove(0);
        assert_eq!((subscription.state(), subscription.end_time), (pb::SubscriptionState::Active, None));

        // A suspended one comes back suspended.
        master.suspend_tenant(suspend(&acme.id)).await?;
        master.delete_tenant(delete(&acme)).await?;
        assert_eq!(master.undelete_tenant(undelete(&acme.id)).await?.state(), Is::Suspended);

        master.delete_tenant(delete(&acme)).await?;
        let wrong = pb::PurgeTenantRequest { confirm_slug: "another".into(), ..purge(&acme) };
        assert_eq!(master.purge_tenant(wrong).await.violations()?, ["confirm_slug"]);
        let begun = master.purge_tenant(purge(&acme)).await?;
        master.purge_tenant(purge(&acme)).await.refused(Code::FailedPrecondition)?;
        master.undelete_tenant(undelete(&acme.id)).await.refused(Code::FailedPrecondition)?;
        let ended = finished(h.admin(), &begun.id).await?;
        assert_eq!((ended.state(), ended.kind()), (pb::OperationState::Succeeded, pb::OperationKind::Purge));

        // What is left is what the books need.
        let purged = get(&h, &acme.id).await?;
        assert_eq!((purged.state(), purged.contact.clone()), (Is::Purged, Some(pb::Contact::default())));
        let of_tenant = format!("tenant_id = \"{}\"", acme.id);
        let invoices = master.list_invoices(pb::ListInvoicesRequest { filter: of_tenant.clone(), ..Default::default() }).await?;
        assert_eq!(invoices.total_size, 1);
        assert_eq!(master.list_deployments(pb::ListDeploymentsRequest { filter: of_tenant, ..Default::default() }).await?.total_size, 0);
        assert!(!h.settings.data_dir.join("deployments").join(&acme.deployment_id).exists());
        let settings = pb::GetTenantSettingsRequest { tenant_id: acme.id.clone() };
        assert_eq!(master.get_tenant_settings(settings).await?.branding, Some(pb::BrandingSettings::default()));
        let listed = async |filter: String| anyhow::Ok(master.list_tenants(pb::ListTenantsRequest { filter, ..Default::default() }).await?.total_size);
        assert_eq!(listed(format!("slug = {}", acme.slug)).await?, 0);
        assert_eq!(listed(format!("slug = {} AND state = PURGED", acme.slug)).await?, 1);
        sign_in(&h, &email).await.refused(Code::Unauthenticated)?;
        master.undelete_tenant(undelete(&acme.id)).await.refused(Code::FailedPrecondition)?;

        // Nothing is left that could be changed.
        let mask = |path: &str| mask(&[path]);
        let update = pb::UpdateTenantRequest { tenant: Some(pb::Tenant { display_name: "Back".into(), ..purged.clone() }), update_mask: mask("display_name"), ..Default::default() };
        assert_eq!(master.update_tenant(update).await.refused(Code::FailedPrecondition)?.reason, "TENANT_STATE");
        let settings = pb::TenantSettings { tenant_id: acme.id.clone(), ..Default::default() };
        let update = pb::UpdateTenantSettingsRequest { settings: Some(settings), update_mask: mask("locale.language"), ..Default::default() };
        assert_eq!(master.update_tenant_settings(update).await.refused(Code::FailedPrecondition)?.reason, "TENANT_STATE");

        // The name is free again.
        let next = h.onboard(same).await?;
        assert_ne!(next.id, acme.id);
        assert_eq!(listed(format!("slug = {} AND state != FAILED", acme.slug)).await?, 2);
        Ok(())
    }

    async fn a_form_that_is_wrong_is_answered_whole(h: Harness) -> Result<()> {
        let master = h.master();
        let mut plan = make::plan(&h.name("sold-out"));
        plan.plan.as_mut().context("a plan")?.prices.truncate(1);
        let plan = master.create_plan(plan).await?;
        master.archive_plan(pb::ArchivePlanRequest { plan_id: plan.id.clone(), ..Default::default() }).await?;
        let reseller = master.create_reseller(make::reseller(&h.name("idle"))).await?;
        let idle = pb::Reseller { id: reseller.id.clone(), state: pb::ResellerState::Inactive.into(), ..Default::default() };
        master.update_reseller(pb::UpdateResellerRequest { reseller: Some(idle), update_mask: mask(&["state"]), ..Default::default() }).await?;

        let mut request = make::onboarding("admin", &plan.id);
        let tenant = request.tenant.as_mut().context("a tenant")?;
        tenant.reseller_id = reseller.id;
        tenant.time_zone = "Mars/Olympus".into();
        tenant.billing_currency = "euro".into();
        tenant.contact = Some(pb::Contact { email: "nobody".into(), ..Default::default() });
        request.billing_anchor_day = 32;
        request.admin_email = "nobody".into();
        request.settings = Some(pb::TenantSettings {
            branding: Some(pb::BrandingSettings { primary_color: "red".into(), ..Default::default() }),
            ..Default::default()
        });
        let mut fields = master.onboard_tenant(request).await.violations()?;
        fields.sort();
        let wrong = [
            "admin_email", "billing_anchor_day", "plan_id", "settings.branding.primary_color", "tenant.billing_currency", "tenant.contact.email",
            "tenant.contact.name", "tenant.reseller_id", "tenant.slug", "tenant.time_zone",
        ];
        assert_eq!(fields, wrong);

        // Each name that is none, and one that has no price for what is asked.
        let good = &h.plan().await?.id;
        for slug in ["", "ab", "Abc", "-abc", "abc-", "a_b", "a.b", "abç", "localhost", "www", &"a".repeat(31)] {
            let mut request = make::onboarding("good", good);
            request.tenant.as_mut().context("a tenant")?.slug = slug.into();
            assert_eq!(master.onboard_tenant(request).await.violations()?, ["tenant.slug"], "{slug:?}");
        }
        let mut request = make::onboarding(&h.name("yen"), good);
        request.tenant.as_mut().context("a tenant")?.billing_currency = "JPY".into();
        request.cadence = pb::Cadence::Yearly.into();
        assert_eq!(master.onboard_tenant(request).await.violations()?, ["plan_id"]);
        Ok(())
    }

    async fn a_form_can_be_tried_and_is_taken_once(h: Harness) -> Result<()> {
        let master = h.master();
        let plan = master.create_plan(make::plan(&h.name("once"))).await?;
        let request = make::onboarding(&h.name("tried"), &plan.id);
        let preview = pb::OnboardTenantRequest { validate_only: true, ..request.clone() };
        let shown = master.onboard_tenant(preview).await?;
        assert_eq!(shown.steps.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["tenant", "settings", "deployment", "health", "subscription", "invitation"]);
        master.get_operation(pb::GetOperationRequest { operation_id: shown.id }).await.refused(Code::NotFound)?;

        // Five times at once it is one tenant, and another one of that name is refused.
        let calls = (0..5).map(|_| master.onboard_tenant(request.clone()));
        let begun = futures::future::try_join_all(calls).await?;
        assert!(begun.iter().all(|operation| operation.id == begun[0].id));
        let other = pb::OnboardTenantRequest { request_id: request_id(), ..request.clone() };
        assert_eq!(master.onboard_tenant(other).await.refused(Code::AlreadyExists)?.reason, "SLUG_TAKEN");
        assert_eq!(finished(h.admin(), &begun[0].id).await?.state(), pb::OperationState::Succeeded);

        // The answer stays the same when what was asked for cannot be had any more.
        master.archive_plan(pb::ArchivePlanRequest { plan_id: plan.id, ..Default::default() }).await?;
        assert_eq!(master.onboard_tenant(request.clone()).await?.id, begun[0].id);
        let other = pb::OnboardTenantRequest { admin_name: "Somebody else".into(), ..request };
        assert_eq!(master.onboard_tenant(other).await.refused(Code::AlreadyExists)?.reason, "REQUEST_ID_REUSED");
        Ok(())
    }

    async fn a_tenant_and_its_settings_are_changed(h: Harness) -> Result<()> {
        let acme = h.tenant("changed").await?;
        let (master, before) = (h.master(), get(&h, &acme.id).await?);
        let update = |tenant: pb::Tenant, paths: &[&str]| pb::UpdateTenantRequest { tenant: Some(tenant), update_mask: mask(paths), ..Default::default() };
        let contact = pb::Contact { name: "Dora".into(), ..before.contact.clone().unwrap_or_default() };
        let wanted = pb::Tenant { display_name: "Acme Net".into(), contact: Some(contact.clone()), time_zone: "Asia/Tokyo".into(), ..before.clone() };
        let changed = master.update_tenant(update(wanted.clone(), &["display_name", "contact.name"])).await?;
        assert_eq!((changed.display_name.as_str(), changed.contact.as_ref(), &changed.time_zone), ("Acme Net", Some(&contact), &before.time_zone));
        master.update_tenant(update(wanted, &["time_zone"])).await.refused(Code::Aborted)?;
        assert_eq!(master.update_tenant(update(changed.clone(), &["slug", "reseller_id"])).await.violations()?, ["update_mask", "update_mask"]);
        assert_eq!(acme.admin().tenant().get_tenant(pb::GetTenantRequest { tenant_id: acme.id.clone() }).await?, changed);

        // The tenant changes its settings, as the vendor may; neither overwrites what it has not seen.
        let seen = acme.admin().tenant().get_tenant_settings(pb::GetTenantSettingsRequest { tenant_id: acme.id.clone() }).await?;
        let update = |language: &str, etag: &str| pb::UpdateTenantSettingsRequest {
            settings: Some(pb::TenantSettings {
                tenant_id: acme.id.clone(),
                locale: Some(pb::LocaleSettings { language: language.into() }),
                etag: etag.into(),
                ..Default::default()
            }),
            update_mask: mask(&["locale.language"]), ..Default::default() };
        let german = acme.admin().tenant().update_tenant_settings(update("de-AT", &seen.etag)).await?;
        assert_eq!(german.locale.as_ref().map(|l| l.language.as_str()), Some("de-AT"));
        assert_ne!(german.etag, seen.etag);
        master.update_tenant_settings(update("fr", &seen.etag)).await.refused(Code::Aborted)?;
        assert_eq!(master.update_tenant_settings(update("fr", &german.etag)).await?.locale.map(|l| l.language), Some("fr".into()));
        let wrong = acme.admin().tenant().update_tenant_settings(update("no language", "")).await.violations()?;
        assert_eq!(wrong, ["settings.locale.language"]);
        Ok(())
    }

    async fn a_reseller_sees_its_customers_only(h: Harness) -> Result<()> {
        let (near, far) = (h.reseller("sees").await?, h.reseller("sees-not").await?);
        let customer = h.customer(&near, "brought").await?;
        let agent = near.agent().await?;
        for calls in [near.admin().reseller(), agent.reseller()] {
            let listed = calls.list_tenants(pb::ListTenantsRequest::default()).await?;
            assert_eq!((listed.total_size, listed.tenants[0].id.as_str()), (1, customer.id.as_str()));
            assert_eq!(calls.get_tenant(pb::GetTenantRequest { tenant_id: customer.id.clone() }).await?.slug, customer.slug);
        }
        assert_eq!(far.admin().reseller().list_tenants(pb::ListTenantsRequest::default()).await?.total_size, 0);
        far.admin().reseller().get_tenant(pb::GetTenantRequest { tenant_id: customer.id.clone() }).await.refused(Code::NotFound)?;

        // Its own people it manages itself; an agent does not.
        let invite = make::user(&h.name("colleague"), pb::Role::ResellerAgent);
        agent.reseller().invite_user(invite.clone()).await.refused(Code::PermissionDenied)?;
        let invited = near.admin().reseller().invite_user(invite).await?;
        let colleague = accept(&h.origin(), pb::Portal::Reseller, &invited.invitation.context("a link")?.url).await?;
        let id = me(&colleague).id;
        let role = pb::SetUserRoleRequest { user_id: id.clone(), role: pb::Role::ResellerAdmin.into(), ..Default::default() };
        let changed = near.admin().reseller().set_user_role(role).await?;
        assert_eq!(changed.memberships[0].role(), pb::Role::ResellerAdmin);
        near.admin().reseller().remove_user(pb::RemoveUserRequest { user_id: id.clone(), ..Default::default() }).await?;
        near.admin().reseller().get_user(pb::GetUserRequest { user_id: id }).await.refused(Code::NotFound)?;
        let pending = near.admin().reseller().invite_user(make::user(&h.name("pending"), pb::Role::ResellerAgent)).await?;
        let user_id = pending.user.unwrap_or_default().id;
        let link = near.admin().reseller().issue_invitation(pb::IssueInvitationRequest { user_id, ..Default::default() }).await?;
        accept(&h.origin(), pb::Portal::Reseller, &link.url).await?;
        let last = pb::RemoveUserRequest { user_id: me(near.admin()).id, ..Default::default() };
        assert_eq!(near.admin().reseller().remove_user(last).await.refused(Code::FailedPrecondition)?.reason, "LAST_ADMIN");
        Ok(())
    }
}
