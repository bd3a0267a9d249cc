//! A request for any RPC that changes something, about a thing that is in the state for it, so that it is done.

use anyhow::{Context, Result};
use portal_client::{pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use prost_types::method_options::IdempotencyLevel;
use tenantry_tests::{ADMIN, Harness, make};

use super::{colleague, in_earnest};
use crate::{
    matrix::{
        World,
        contract::{Place, Rpc, rpcs},
        request::{good, set},
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
pub struct Suited {
    pub request: DynamicMessage,
    pub token: String,
}

impl Suited {
    pub fn body(&self) -> bytes::Bytes {
        self.request.encode_to_vec().into()
    }
}

/// About something new, where there can be something new.
pub async fn suited(h: &Harness, world: &World, rpc: &Rpc) -> Result<Suited> {
    let caller = world.caller(rpc);
    let mut request = in_earnest(rpc, caller, &request_id())?;
    if rpc.portal().is_none() {
        let token = visit(h, world, rpc, &mut request).await?;
        return Ok(Suited { request, token });
    }
    for place in rpc.fields() {
        let value = match place.field.name() {
            "display_name" | "product_name" => Value::String(format!("Text {}", request_id())),
            // Rules that mean the same.
            "text" => Value::String(format!(
                "{}\n# {}\n",
                h.master().get_policy(pb::GetPolicyRequest {}).await?.text,
                request_id()
            )),
            "role" => Value::EnumNumber(role(rpc).into()),
            _ => continue,
        };
        set(&mut request, &place.path, value)?;
    }
    if rpc.method.name() == "CreateDeployment" {
        set(&mut request, "tenant_id", Value::String(h.tenant("roomy").await?.id))?;
    }
    if let Some(place) = about(rpc).filter(|_| etag_of(rpc).is_some()) {
        let verb = verb(rpc);
        if let Some(id) = new_thing(h, world, rpc, &place, verb).await? {
            set(&mut request, &place.path, Value::String(id))?;
        }
        if let Some(first) = first(verb) {
            let name = rpc.method.name().replacen(verb, first, 1);
            prepare(h, world, &name, &place, &text(&request, &place.path)).await?;
        }
        if rpc.has("confirm_slug") {
            let slug = slug(h, &place, &text(&request, &place.path)).await?;
            set(&mut request, "confirm_slug", Value::String(slug))?;
        }
    }
    // The vendor names the account of a person.
    let is_of_user = rpc.has("user_id") || rpc.has("email");
    if is_of_user && rpc.portal() == Some(pb::Portal::Master) && rpc.has("tenant_id") {
        let tenant = caller.ids.get("ten").cloned().unwrap_or_default();
        set(&mut request, "tenant_id", Value::String(tenant))?;
    }
    Ok(Suited {
        request,
        token: caller.token().to_owned(),
    })
}

/// Where the etag is in a request, or in the thing as it shall be; what is made has none yet.
pub fn etag_of(rpc: &Rpc) -> Option<String> {
    let mut fields = rpc.fields().into_iter();
    let is_it = |place: &Place| place.path == "etag" || (rpc.has("update_mask") && place.field.name() == "etag");
    fields.find(is_it).map(|place| place.path)
}

/// The field that names the thing that a request is about, where there are several of them.
pub fn about(rpc: &Rpc) -> Option<Place> {
    let mut fields = rpc.fields().into_iter();
    fields.find(|place| place.id_of().is_some() && !place.is_optional())
}

/// A text in a message, by its path.
pub fn text(message: &DynamicMessage, path: &str) -> String {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let value = message.get_field_by_name(name);
    match (value.as_deref(), rest) {
        (Some(Value::String(text)), None) => text.clone(),
        (Some(Value::Message(inner)), Some(rest)) => self::text(inner, rest),
        _ => String::new(),
    }
}

/// The first word of an RPC's name.
fn verb(rpc: &Rpc) -> &'static str {
    const VERBS: [&str; 9] = [
        "Start", "Stop", "Restart", "Suspend", "Resume", "Delete", "Undelete", "Purge", "Update",
    ];
    VERBS
        .into_iter()
        .find(|verb| rpc.method.name().starts_with(verb))
        .unwrap_or_default()
}

/// What is done to a thing before, so that there is something to do.
fn first(verb: &str) -> Option<&'static str> {
    match verb {
        "Resume" => Some("Suspend"),
        "Undelete" | "Purge" => Some("Delete"),
        "Start" => Some("Stop"),
        "Stop" | "Restart" => Some("Start"),
        _ => None,
    }
}

/// A role that nobody has who was invited for this.
fn role(rpc: &Rpc) -> pb::Role {
    match (rpc.portal(), rpc.method.name()) {
        (Some(pb::Portal::Reseller), "SetUserRole") => pb::Role::ResellerAdmin,
        (Some(pb::Portal::Reseller), _) => pb::Role::ResellerAgent,
        _ => pb::Role::TenantUser,
    }
}

async fn new_thing(h: &Harness, world: &World, rpc: &Rpc, place: &Place, verb: &str) -> Result<Option<String>> {
    let is_vendor = rpc.portal() == Some(pb::Portal::Master);
    let name = format!("s-{}", &request_id()[24..]);
    Ok(match place.id_of() {
        Some("usr") => Some(invited(h, world, rpc).await?),
        Some("pla") => Some(h.master().create_plan(make::plan(&name)).await?.id),
        Some("res") => Some(h.master().create_reseller(make::reseller(&name)).await?.id),
        // What is only written to needs no other tenant, and a tenant has its own instances only.
        Some("ten") if is_vendor && verb != "Update" => Some(h.tenant(&name).await?.id),
        Some("dep") if is_vendor => Some(h.tenant(&name).await?.deployment_id),
        _ => None,
    })
}

/// Somebody new in the account whose people a request is about: the vendor's are a tenant's there.
pub async fn invited(h: &Harness, world: &World, rpc: &Rpc) -> Result<String> {
    let id = |kind| world.caller(rpc).ids.get(kind).cloned().unwrap_or_default();
    let mut request = make::user(&request_id(), pb::Role::TenantViewer);
    match rpc.portal() {
        Some(pb::Portal::Reseller) => {
            request.reseller_id = id("res");
            request.role = pb::Role::ResellerAgent.into();
        }
        _ => request.tenant_id = id("ten"),
    }
    Ok(h.master().invite_user(request).await?.user.context("a user")?.id)
}

/// The vendor does something to a thing.
async fn prepare(h: &Harness, world: &World, name: &str, place: &Place, id: &str) -> Result<()> {
    let wanted = format!("MasterAdminService/{name}");
    let rpc = rpcs()?.into_iter().find(|rpc| rpc.name() == wanted);
    let rpc = rpc.with_context(|| format!("there is no {wanted}"))?;
    let mut request = good(&rpc, &world.platform)?;
    set(&mut request, place.field.name(), Value::String(id.to_owned()))?;
    if rpc.has("confirm_slug") {
        set(&mut request, "confirm_slug", Value::String(slug(h, place, id).await?))?;
    }
    let answer = world
        .wire
        .call_as(&rpc, request.encode_to_vec().into(), world.platform.token())
        .await?;
    anyhow::ensure!(answer.code == portal_client::Code::Ok, "{}: {}", rpc.name(), answer.short());
    Ok(())
}

/// The slug of a tenant or of a deployment.
async fn slug(h: &Harness, place: &Place, id: &str) -> Result<String> {
    let id = id.to_owned();
    Ok(match place.id_of() {
        Some("dep") => {
            let request = pb::GetDeploymentRequest { deployment_id: id };
            h.master().get_deployment(request).await?.slug
        }
        _ => h.master().get_tenant(pb::GetTenantRequest { tenant_id: id }).await?.slug,
    })
}

/// Fills a request to the sign-in service with what is right; answers a token of somebody whose session it may end.
async fn visit(h: &Harness, world: &World, rpc: &Rpc, request: &mut DynamicMessage) -> Result<String> {
    let visitor = colleague(h, &world.platform).await?;
    for place in rpc.fields() {
        let value = match (rpc.method.name(), place.field.name()) {
            ("SignIn", "email") => ADMIN.to_owned(),
            ("RefreshSession", "refresh_token") => visitor.refresh_token.clone(),
            ("AcceptInvitation", "token") => {
                let guest = make::user(&request_id(), pb::Role::MasterViewer);
                token(&h.master().invite_user(guest).await?)?
            }
            _ => continue,
        };
        set(request, &place.path, Value::String(value))?;
    }
    Ok(visitor.access_token)
}
