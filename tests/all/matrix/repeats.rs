//! Requests that come twice, and requests that come too late.

use anyhow::{Context, Result, ensure};
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Harness, both};

use super::{
    contract::{Rpc, rpcs},
    foreign::suit_role,
    raw::Answer,
    request::{good, set},
    world::{Owned, World},
};

both! {
    async fn the_same_request_has_one_effect(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        for rpc in rpcs()?.iter().filter(|rpc| rpc.method.input().get_field_by_name("request_id").is_some()) {
            used += 1;
            let caller = world.caller(rpc);
            let call = async |request: &DynamicMessage, by: &Owned| world.wire.call_as(rpc, request.encode_to_vec().into(), by.token()).await;
            let key = request_id();
            let mut request = in_earnest(rpc, caller, &key)?;
            if rpc.method.name() == "PurgeTenant" {
                of_a_deleted_tenant(&h, &mut request).await?;
            }
            let (first, again) = (call(&request, caller).await?, call(&request, caller).await?);
            if first.code != Code::Ok || without_secret(rpc, &first)? != without_secret(rpc, &again)? {
                wrong.push(format!("{} twice: {} and {}", rpc.name(), first.short(), again.short()));
            }
            let mut changed = request.clone();
            set(&mut changed, &harmless(rpc)?, Value::String("another".into()))?;
            let changed = call(&changed, caller).await?;
            if (changed.code, changed.reason().as_str()) != (Code::AlreadyExists, "REQUEST_ID_REUSED") {
                wrong.push(format!("{} with the key of another request: {}", rpc.name(), changed.short()));
            }
            // The key is the caller's own: others may choose the same.
            if let Some(other) = world.other(rpc) {
                let theirs = call(&in_earnest(rpc, other, &key)?, other).await?;
                if theirs.code != Code::Ok || without_secret(rpc, &theirs)? == without_secret(rpc, &first)? {
                    wrong.push(format!("{} with the key of somebody else: {}", rpc.name(), theirs.short()));
                }
            }
        }
        ensure!(used >= 9, "only {used} RPCs have a request id");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn a_change_made_in_between_is_not_overwritten(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        // What is made has no version yet.
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some() && !rpc.method.name().starts_with("Create")) {
            for place in rpc.fields().iter().filter(|place| place.field.name() == "etag") {
                used += 1;
                let caller = world.caller(rpc);
                let mut request = good(rpc, caller)?;
                let of_user = rpc.fields().into_iter().find(|p| p.path == "tenant_id" && p.is_optional());
                if let Some(place) = of_user.filter(|_| rpc.portal() == Some(pb::Portal::Master)) {
                    suit_role(&mut request, &place)?;
                    let tenant = caller.ids.get("ten").cloned().unwrap_or_default();
                    set(&mut request, "tenant_id", Value::String(tenant))?;
                }
                set(&mut request, &place.path, Value::String("0".into()))?;
                let answer = world.wire.call_as(rpc, request.encode_to_vec().into(), caller.token()).await?;
                if (answer.code, answer.reason().as_str()) != (Code::Aborted, "STALE_ETAG") {
                    wrong.push(format!("{}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(used >= 20, "only {used} RPCs take an etag");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// A good request that is no preview.
pub(super) fn in_earnest(rpc: &Rpc, caller: &Owned, key: &str) -> Result<DynamicMessage> {
    let mut request = good(rpc, caller)?;
    let has = |name: &str| rpc.method.input().get_field_by_name(name).is_some();
    if has("validate_only") {
        set(&mut request, "validate_only", Value::Bool(false))?;
    }
    if has("email") {
        set(&mut request, "email", Value::String("twice@matrix.example".into()))?;
    }
    if has("request_id") {
        set(&mut request, "request_id", Value::String(key.to_owned()))?;
    }
    Ok(request)
}

async fn of_a_deleted_tenant(h: &Harness, request: &mut DynamicMessage) -> Result<()> {
    let gone = h.tenant("purged-once").await?;
    let delete = pb::DeleteTenantRequest {
        tenant_id: gone.id.clone(),
        confirm_slug: gone.slug.clone(),
        ..Default::default()
    };
    h.master().delete_tenant(delete).await?;
    set(request, "tenant_id", Value::String(gone.id))?;
    set(request, "confirm_slug", Value::String(gone.slug))
}

/// A text that may be any.
fn harmless(rpc: &Rpc) -> Result<String> {
    let free = ["display_name", "reference", "suffix", "confirm_slug", "etag"];
    let fields = rpc.fields();
    let found = free.iter().find_map(|name| fields.iter().find(|place| place.field.name() == *name));
    Ok(found
        .with_context(|| format!("{}: nobody knows what can be changed", rpc.name()))?
        .path
        .clone())
}

/// The answer, but for the link that is shown once.
fn without_secret(rpc: &Rpc, answer: &Answer) -> Result<Option<DynamicMessage>> {
    if answer.code != Code::Ok {
        return Ok(None);
    }
    let mut message = DynamicMessage::decode(rpc.method.output(), answer.first()?)?;
    if rpc.method.output().get_field_by_name("invitation").is_some() {
        message.clear_field_by_name("invitation");
    }
    Ok(Some(message))
}
