//! Foreign id by RPC: the id of another's thing and an id that never was get the same answer, to the byte.

use anyhow::{Context, Result, ensure};
use portal_client::{
    Code,
    pb::{Portal, Role},
};
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use tenantry_tests::{Harness, both};

use super::{
    contract::{Place, Rpc, rpcs},
    raw::Answer,
    request::{good, set, with},
    world::World,
};

both! {
    async fn a_foreign_id_looks_like_one_that_never_was(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        let mut covered = 0;
        for (rpc, place) in places()? {
            let (caller, foreign) = world.seen_by(&rpc);
            let mut request = good(&rpc, caller)?;
            suit_role(&mut request, &place)?;
            let call = async |id: &str| {
                let body = with(&request, &place.path, Value::String(id.to_owned()))?;
                world.wire.call_as(&rpc, body, &caller.token).await
            };
            let kind = place.id_of().unwrap_or_default();
            let made_up = call(&format!("{kind}_{}", uuid())).await?;
            if !is_missing(&rpc, &place, &made_up) {
                wrong.push(format!("{} with a made-up {}: {}", rpc.name(), place.path, made_up.short()));
            }
            if let Some(foreign) = foreign {
                let id = foreign.ids.get(kind).with_context(|| format!("{}: no foreign {kind}_ for {}", rpc.name(), place.path))?;
                let answer = call(id).await?;
                if answer != made_up {
                    wrong.push(format!("{} tells a foreign {} from a made-up one:\n  {answer:?}\n  {made_up:?}", rpc.name(), place.path));
                }
            }
            covered += 1;
        }
        ensure!(covered > 80, "only {covered} id fields were found");
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    async fn a_filter_by_a_foreign_id_finds_what_one_by_a_made_up_id_finds(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some()) {
            let (caller, Some(foreign)) = world.seen_by(rpc) else { continue };
            for field in rpc.filters().iter().filter(|field| field.ends_with("_id")) {
                for id in foreign.ids.values() {
                    let call = async |id: &str| {
                        let body = with(&good(rpc, caller)?, "filter", Value::String(format!("{field} = \"{id}\"")))?;
                        world.wire.call_as(rpc, body, &caller.token).await
                    };
                    let prefix = id.split('_').next().unwrap_or_default();
                    let (found, nothing) = (call(id).await?, call(&format!("{prefix}_{}", uuid())).await?);
                    // An id of another kind is no id for the field, whosever it is; the refusal repeats it.
                    let no_id = found.code == Code::InvalidArgument && nothing.code == Code::InvalidArgument;
                    if found != nothing && !no_id {
                        wrong.push(format!("{} by {field} = {id}:\n  {found:?}\n  {nothing:?}", rpc.name()));
                    }
                }
            }
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    async fn a_page_token_is_good_for_its_owner_only(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        let mut used = 0;
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some() && rpc.method.input().get_field_by_name("page_token").is_some()) {
            let (caller, Some(foreign)) = world.seen_by(rpc) else { continue };
            let small = with(&good(rpc, foreign)?, "page_size", Value::I32(1))?;
            let Some(token) = next_page(rpc, &world.wire.call_as(rpc, small.clone(), &foreign.token).await?)? else { continue };
            let mut request = good(rpc, caller)?;
            set(&mut request, "page_size", Value::I32(1))?;
            let foreign_token = world.wire.call_as(rpc, with(&request, "page_token", Value::String(token))?, &caller.token).await?;
            let garbage = world.wire.call_as(rpc, with(&request, "page_token", Value::String("garbage".into()))?, &caller.token).await?;
            if foreign_token != garbage || garbage.violations() != ["page_token"] {
                wrong.push(format!("{}: {} and {}", rpc.name(), foreign_token.short(), garbage.short()));
            }
            used += 1;
        }
        ensure!(used >= 3, "only {used} lists had a second page");
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }
}

/// Every id field that is read, of every RPC that needs a credential.
fn places() -> Result<Vec<(Rpc, Place)>> {
    let mut places = Vec::new();
    for rpc in rpcs()?.into_iter().filter(|rpc| rpc.portal().is_some()) {
        for place in rpc.fields() {
            let name = place.field.name();
            if place.id_of().is_some() {
                places.push((rpc.clone(), place));
            } else {
                let looks_like_one = name == "id" || name.ends_with("_id") || name.ends_with("_ids");
                ensure!(
                    !looks_like_one || name == "request_id",
                    "{}: nobody knows what {} is the id of",
                    rpc.name(),
                    place.path
                );
            }
        }
    }
    Ok(places)
}

/// A role has to belong to the account that is named.
fn suit_role(request: &mut DynamicMessage, place: &Place) -> Result<()> {
    let role = match place.path.as_str() {
        "tenant_id" => Role::TenantViewer,
        "reseller_id" => Role::ResellerAgent,
        _ => return Ok(()),
    };
    if request.descriptor().get_field_by_name("role").is_some() {
        set(request, "role", Value::EnumNumber(role.into()))?;
    }
    Ok(())
}

/// NOT_FOUND that names the kind only. To the vendor, who sees all, a form may say which of its fields names nothing.
fn is_missing(rpc: &Rpc, place: &Place, answer: &Answer) -> bool {
    match answer.code {
        Code::NotFound => true,
        Code::InvalidArgument => rpc.portal() == Some(Portal::Master) && answer.violations() == [place.path.clone()],
        _ => false,
    }
}

fn next_page(rpc: &Rpc, answer: &Answer) -> Result<Option<String>> {
    let body = answer.body.clone().unwrap_or_default();
    let message = DynamicMessage::decode(rpc.method.output(), body)?;
    let token = message
        .get_field_by_name("next_page_token")
        .and_then(|value| value.as_str().map(str::to_owned));
    Ok(token.filter(|token| !token.is_empty()))
}

/// As an id is written, of something that never was.
fn uuid() -> String {
    portal_client::request_id().replace('-', "")
}
