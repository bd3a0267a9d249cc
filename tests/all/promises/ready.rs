//! Requests that are done: whatever one is about is in the state for it, and new where it may be used up.

use anyhow::{Context, Result};
use bytes::Bytes;
use portal_client::{Client, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use prost_types::method_options::IdempotencyLevel;
use tenantry_tests::{Account, Harness, make};

use crate::{
    matrix::{
        Owned,
        contract::{Place, Rpc, rpcs},
        request::{in_earnest, personal, set},
        world::sign_in,
    },
    people::token,
};

/// Every RPC that does more than to read.
pub fn doing() -> Result<Vec<Rpc>> {
    let reads = |rpc: &Rpc| rpc.level() == IdempotencyLevel::NoSideEffects;
    let found: Vec<_> = rpcs()?.into_iter().filter(|rpc| !reads(rpc)).collect();
    anyhow::ensure!(found.len() >= 40, "only {} RPCs do something", found.len());
    Ok(found)
}

/// A request that is done, and the token of the one who asks.
pub struct Ready {
    pub request: DynamicMessage,
    pub token: String,
}

impl Ready {
    pub fn body(&self) -> Bytes {
        self.request.encode_to_vec().into()
    }
}

/// A request of an account with a key. Whoever asks the sign-in service has just come: some of it ends sessions.
pub async fn ready(h: &Harness, rpc: &Rpc, caller: &Owned, key: &str) -> Result<Ready> {
    if rpc.portal().is_none() {
        return visit(h, rpc, caller).await;
    }
    let mut request = in_earnest(rpc, caller, key)?;
    let (verb, kind) = verb_and_kind(rpc);
    if rpc.method.name() == "CreateDeployment" {
        room(h).await?;
    }
    let mut named = match kind {
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
    named.retain(|(field, _)| rpc.has(field));
    let mut named: Vec<_> = named.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
    // Texts that nothing had before, and rules that mean the same.
    for place in rpc.fields() {
        named.push(match (place.path.as_str(), place.field.name()) {
            ("policy.text", _) => (
                place.path,
                format!(
                    "{}\n# {}\n",
                    h.master().get_policy(pb::GetPolicyRequest {}).await?.text,
                    request_id()
                ),
            ),
            (_, "display_name" | "product_name") => (place.path, format!("Text {}", request_id())),
            _ => continue,
        });
    }
    for (path, value) in named {
        set(&mut request, &path, Value::String(value))?;
    }
    Ok(Ready {
        request,
        token: caller.token(),
    })
}

/// Where the etag is in a request, or in the thing as it shall be; what is made has none yet.
pub fn etag_of(rpc: &Rpc) -> Option<String> {
    let mut fields = rpc.fields().into_iter();
    let is_it = |place: &Place| place.path == "etag" || (rpc.has("update_mask") && place.field.name() == "etag");
    fields.find(is_it).map(|place| place.path)
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

/// To the sign-in service, with the token of somebody whose session it may end.
async fn visit(h: &Harness, rpc: &Rpc, caller: &Owned) -> Result<Ready> {
    let visitor = sign_in(h, &h.staff(pb::Role::MasterViewer).await?).await?;
    let link = match rpc.has("token") {
        true => token(&h.master().invite_user(make::user(&unique(), pb::Role::MasterViewer)).await?)?,
        false => String::new(),
    };
    let request = personal(rpc, caller, &visitor, &link)?;
    Ok(Ready {
        request,
        token: visitor.access_token,
    })
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

/// Lets the plan of all tenants cover more deployments and people than tests make, and less than a plan can.
async fn room(h: &Harness) -> Result<()> {
    let plan = h.plan().await?;
    let mut entitlements = plan.entitlements.unwrap_or_default();
    (entitlements.deployments, entitlements.users) = (90, 5_000);
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
    let portal = caller.session().portal();
    let client = Client::new(&h.origin(), portal, |_| ());
    client.begin(caller.session());
    let user = |role| make::user(&unique(), role);
    let invited = match portal {
        pb::Portal::Tenant => client.tenant().invite_user(user(pb::Role::TenantUser)).await?,
        pb::Portal::Reseller => client.reseller().invite_user(user(pb::Role::ResellerAdmin)).await?,
        _ => client.master().invite_user(user(pb::Role::MasterSupport)).await?,
    };
    Ok(invited.user.context("a user")?.id)
}
