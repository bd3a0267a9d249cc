//! Requests that can be done: whatever is changed by one is made for it and brought into the state that it needs.

use anyhow::{Context, Result};
use portal_client::{Client, pb, request_id};
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Account, Harness, make};

use super::in_earnest;
use crate::matrix::{contract::Rpc, request::set, world::Owned};

/// A good request with something of its own to change.
pub async fn ready(h: &Harness, rpc: &Rpc, caller: &Owned, key: &str) -> Result<DynamicMessage> {
    let mut request = in_earnest(rpc, caller, key)?;
    let (verb, kind) = verb_and_kind(rpc);
    let named: Vec<(&str, String)> = match kind {
        "Tenant" if rpc.has("tenant_id") => {
            let tenant = tenant(h, verb).await?;
            vec![("tenant_id", tenant.id), ("confirm_slug", tenant.slug)]
        }
        "Deployment" | "InstanceCredentials" if rpc.has("deployment_id") => {
            let deployment = deployment(h, caller, verb).await?;
            vec![("deployment_id", deployment.id), ("confirm_slug", deployment.slug)]
        }
        "Plan" if rpc.has("plan_id") => vec![("plan_id", h.master().create_plan(make::plan(&unique())).await?.id)],
        _ if rpc.has("user_id") => vec![("user_id", newcomer(h, caller).await?)],
        _ => Vec::new(),
    };
    for (field, value) in named.into_iter().filter(|(field, _)| rpc.has(field)) {
        set(&mut request, field, Value::String(value))?;
    }
    Ok(request)
}

/// `SuspendTenant` suspends a tenant.
fn verb_and_kind(rpc: &Rpc) -> (&str, &str) {
    let name = rpc.method.name();
    let second = name.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_uppercase());
    name.split_at(second.map_or(name.len(), |(at, _)| at))
}

fn unique() -> String {
    format!("p-{}", &request_id().replace('-', "")[..20])
}

/// A tenant that is in the state for a verb.
async fn tenant(h: &Harness, verb: &str) -> Result<Account> {
    let plan_id = h.plan().await?.id.clone();
    let tenant = h.onboard(make::onboarding(&unique(), &plan_id)).await?;
    match verb {
        "Resume" => {
            let suspend = pb::SuspendTenantRequest {
                tenant_id: tenant.id.clone(),
                reason: "to be resumed".into(),
                ..Default::default()
            };
            h.master().suspend_tenant(suspend).await?;
        }
        "Undelete" | "Purge" => {
            let delete = pb::DeleteTenantRequest {
                tenant_id: tenant.id.clone(),
                confirm_slug: tenant.slug.clone(),
                ..Default::default()
            };
            h.master().delete_tenant(delete).await?;
        }
        _ => {}
    }
    Ok(tenant)
}

/// A further deployment of the caller's tenant that is in the state for a verb.
async fn deployment(h: &Harness, caller: &Owned, verb: &str) -> Result<pb::Deployment> {
    room(h).await?;
    let tenant_id = caller.ids.get("ten").cloned().unwrap_or_default();
    let make = pb::CreateDeploymentRequest {
        request_id: request_id(),
        tenant_id,
        suffix: unique()[2..14].to_owned(),
        validate_only: false,
    };
    let made = h.master().create_deployment(make).await?;
    let deployment_id = made.id.clone();
    match verb {
        "Resume" => {
            let suspend = pb::SuspendDeploymentRequest {
                deployment_id,
                reason: "to be resumed".into(),
                ..Default::default()
            };
            h.master().suspend_deployment(suspend).await?;
        }
        "Undelete" | "Purge" => {
            let delete = pb::DeleteDeploymentRequest {
                deployment_id,
                confirm_slug: made.slug.clone(),
                ..Default::default()
            };
            h.master().delete_deployment(delete).await?;
        }
        "Stop" | "Restart" | "Suspend" => {}
        _ => {
            let stop = pb::StopDeploymentRequest {
                deployment_id,
                ..Default::default()
            };
            h.master().stop_deployment(stop).await?;
        }
    }
    Ok(made)
}

/// Lets the plan of all tenants cover as many deployments as a plan can.
pub async fn room(h: &Harness) -> Result<()> {
    let plan = h.plan().await?;
    let mut entitlements = plan.entitlements.unwrap_or_default();
    (entitlements.deployments, entitlements.users) = (100, 10_000);
    let update = pb::UpdatePlanRequest {
        plan: Some(pb::Plan {
            id: plan.id.clone(),
            entitlements: Some(entitlements),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["entitlements".into()],
        }),
        ..Default::default()
    };
    h.master().update_plan(update).await?;
    Ok(())
}

/// Somebody who was invited to the caller's account, with another role than good requests give.
async fn newcomer(h: &Harness, caller: &Owned) -> Result<String> {
    let portal = caller.session.portal();
    let client = Client::new(&h.origin(), portal, |_| ());
    client.begin(caller.session.clone());
    let user = |role| make::user(&unique(), role);
    let invited = match portal {
        pb::Portal::Tenant => client.tenant().invite_user(user(pb::Role::TenantUser)).await?,
        pb::Portal::Reseller => client.reseller().invite_user(user(pb::Role::ResellerAdmin)).await?,
        _ => client.master().invite_user(user(pb::Role::MasterSupport)).await?,
    };
    Ok(invited.user.context("a user")?.id)
}
