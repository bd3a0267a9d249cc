//! Foreign id by RPC: the id of another's thing and an id that never was get the same answer, to the byte.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use portal_client::{
    Code,
    pb::{Portal, Role},
};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use tenantry_tests::{Harness, PASSWORD, Tally, both};

use super::{
    contract::{Place, Rpc, rpcs},
    raw::Answer,
    request::{good, set, with},
    world::{Owned, World, kind, sign_in_again},
};

both! {
    async fn a_foreign_id_looks_like_one_that_never_was(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut tally = Tally::new("H1 foreign ids", &h);
        for (rpc, place) in places()? {
            tally.owes(rpc.name(), &place.path);
            let caller = world.caller(&rpc);
            let kind_of = place.id_of().unwrap_or_default();
            // The vendor's staff is known by name to all, and belongs to none of them.
            let strangers = world.foreign(&rpc).into_iter().chain(world.public.iter().map(String::as_str).filter(|id| kind(id) == "usr"));
            let strangers: Vec<_> = strangers.filter(|id| kind(id) == kind_of && rpc.portal() != Some(Portal::Master)).collect();
            ensure!(rpc.portal() == Some(Portal::Master) || !strangers.is_empty(), "{}: nothing foreign for {}", rpc.name(), place.path);
            for (how, request) in requests(&rpc, &place, caller)? {
                let call = async |id: &str| world.wire.call_as(&rpc, with(&request, &place.path, Value::String(id.to_owned()))?, &caller.token()).await;
                let made_up = call(&format!("{kind_of}_{}", uuid())).await?;
                let is_found = how != NOTHING_ELSE && rpc.reads(&place) && !is_missing(&rpc, &place, &made_up);
                tally.tried(rpc.name(), &place.path, is_found.then(|| format!("a made-up one with {how}: {}", made_up.short())));
                for id in &strangers {
                    let answer = call(id).await?;
                    let wrong = (answer != made_up).then(|| format!("with {how} a foreign one is told from a made-up one:\n  {answer:?}\n  {made_up:?}"));
                    tally.tried(rpc.name(), &place.path, wrong);
                }
            }
        }
        tally.done()
    }

    /// The same reads with one's own ids are answered.
    async fn what_is_one_s_own_is_found(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        let reads = |rpc: &&Rpc| ["Get", "List", "Tail", "Watch"].iter().any(|verb| rpc.method.name().starts_with(verb));
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some() && rpc.needs_an_id()).filter(reads) {
            used += 1;
            let caller = world.caller(rpc);
            let answer = world.wire.call_as(rpc, good(rpc, caller)?.encode_to_vec().into(), &caller.token()).await?;
            if answer.code != Code::Ok {
                wrong.push(format!("{}: {}", rpc.name(), answer.short()));
            }
        }
        ensure!(used >= 25, "only {used} RPCs read by an id");
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    /// What needs no id is answered with nothing of others.
    async fn nobody_is_told_of_what_others_have(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut tally = Tally::new("H1 other accounts", &h);
        for one in world.accounts() {
            let without_id = |rpc: &&Rpc| rpc.portal() == Some(one.session().portal()) && !rpc.needs_an_id();
            rpcs()?.iter().filter(without_id).for_each(|rpc| tally.owes(rpc.name(), &one.name));
            for (rpc, answer) in &one.answers {
                tally.tried(rpc, &one.name, (answer.code != Code::Ok).then(|| answer.short()));
                for other in world.accounts().filter(|other| other.name != one.name) {
                    let known: Vec<_> = other.all().filter(|id| answer.ids().contains(id) && !world.may_both_know(one, other, id)).collect();
                    tally.tried(rpc, &one.name, (!known.is_empty()).then(|| format!("tells of what {} has: {known:?}", other.name)));
                }
            }
            // There was something to be told of.
            let told: BTreeSet<_> = one.all().map(kind).collect();
            let expected: &[&str] = match one.session().portal() {
                Portal::Tenant => &["aud", "dep", "inv", "ope", "pay", "pla", "pri", "sub", "ten", "usr"],
                _ => &["com", "inv", "pay", "res", "ten", "usr"],
            };
            ensure!(expected.iter().all(|kind| told.contains(kind)), "{} has {told:?}", one.name);
        }
        tally.done()
    }

    async fn a_filter_by_a_foreign_id_finds_what_one_by_a_made_up_id_finds(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        for rpc in rpcs()?.iter().filter(|rpc| world.other(rpc).is_some()) {
            let caller = world.caller(rpc);
            let call = async |filter: String| {
                let body = with(&good(rpc, caller)?, "filter", Value::String(filter))?;
                world.wire.call_as(rpc, body, &caller.token()).await
            };
            for field in rpc.id_filters() {
                used += 1;
                for id in world.foreign(rpc) {
                    let made_up = format!("{}_{}", kind(id), uuid());
                    let (found, nothing) = (call(format!("{field} = \"{id}\"")).await?, call(format!("{field} = \"{made_up}\"")).await?);
                    // An id of another kind is no id for the field, whosever it is; the refusal repeats it.
                    let no_id = found.code == Code::InvalidArgument && nothing.code == Code::InvalidArgument;
                    if found != nothing && !no_id {
                        wrong.push(format!("{} by {field} = {id}:\n  {found:?}\n  {nothing:?}", rpc.name()));
                    }
                    // Nor does a filter that everything meets reach beyond.
                    let all = call(format!("{field} != \"{id}\" OR {field} = \"{id}\"")).await?;
                    if all.ids().contains(id) {
                        wrong.push(format!("{} finds {id} by {field}", rpc.name()));
                    }
                }
            }
        }
        ensure!(used >= 10, "only {used} filters take an id");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn a_page_token_is_good_for_its_owner_only(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        let mut used = Vec::new();
        for rpc in rpcs()?.iter().filter(|rpc| rpc.method.input().get_field_by_name("page_token").is_some()) {
            let (caller, Some(other)) = (world.caller(rpc), world.other(rpc)) else { continue };
            let small = with(&good(rpc, other)?, "page_size", Value::I32(1))?;
            let Some(token) = next_page(rpc, &world.wire.call_as(rpc, small.clone(), &other.token()).await?)? else { continue };
            let mut request = good(rpc, caller)?;
            set(&mut request, "page_size", Value::I32(1))?;
            let foreign = world.wire.call_as(rpc, with(&request, "page_token", Value::String(token))?, &caller.token()).await?;
            let garbage = world.wire.call_as(rpc, with(&request, "page_token", Value::String("garbage".into()))?, &caller.token()).await?;
            if foreign != garbage || garbage.violations() != ["page_token"] {
                wrong.push(format!("{}: {} and {}", rpc.name(), foreign.short(), garbage.short()));
            }
            used.push(rpc.name());
        }
        ensure!(used.len() >= 7, "only {used:?} had a second page");
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    /// A session is begun and gone on with in one's own accounts only.
    async fn a_foreign_account_looks_like_one_that_never_was(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut used = 0;
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_none()) {
            for (place, caller) in rpc.ids().iter().flat_map(|place| world.accounts().map(move |caller| (place, caller))) {
                let call = async |id: &str| {
                    let session = sign_in_again(&h, &caller.session()).await?;
                    let mut request = DynamicMessage::new(rpc.method.input());
                    let text = |text: &str| Value::String(text.to_owned());
                    let email = session.user.unwrap_or_default().email;
                    let fields = [("email", text(&email)), ("password", text(PASSWORD)), ("refresh_token", text(&session.refresh_token)), ("portal", Value::EnumNumber(session.portal))];
                    for (name, value) in fields.into_iter().filter(|(name, _)| rpc.method.input().get_field_by_name(name).is_some()) {
                        set(&mut request, name, value)?;
                    }
                    world.wire.call(rpc, with(&request, &place.path, text(id))?, &[]).await
                };
                for other in world.accounts().filter(|other| other.name != caller.name) {
                    let account = other.session().account.unwrap_or_default().id;
                    let (foreign, made_up) = (call(&account).await?, call(&format!("{}_{}", kind(&account), uuid())).await?);
                    ensure!(made_up.code == Code::NotFound, "{}: {}", rpc.name(), made_up.short());
                    ensure!(foreign == made_up, "{}:\n  {foreign:?}\n  {made_up:?}", rpc.name());
                    used += 1;
                }
                let own = caller.session().account.unwrap_or_default().id;
                ensure!(call(&own).await?.code == Code::Ok, "{} for {}", rpc.name(), caller.name);
            }
        }
        ensure!(used == 2 * 6 * 5, "{used} accounts were tried");
        Ok(())
    }
}

/// Every field with an id, of every RPC that needs a credential.
fn places() -> Result<Vec<(Rpc, Place)>> {
    let mut places = Vec::new();
    for rpc in rpcs()?.into_iter().filter(|rpc| rpc.portal().is_some()) {
        for place in rpc.fields() {
            let name = place.field.name();
            let looks_like_one = name == "id" || name.ends_with("_id") || name.ends_with("_ids");
            ensure!(
                place.id_of().is_some() || !looks_like_one || name == "request_id",
                "{}: nobody knows what {} is the id of",
                rpc.name(),
                place.path
            );
        }
        // Nothing is foreign to the vendor, so what is not read makes no difference there.
        let ids = rpc
            .ids()
            .into_iter()
            .filter(|place| rpc.reads(place) || rpc.portal() != Some(Portal::Master));
        places.extend(ids.map(|place| (rpc.clone(), place)));
    }
    Ok(places)
}

const NOTHING_ELSE: &str = "nothing else";

/// What is asked with an id: as it should be, with a version that nothing has, and with nothing else.
fn requests(rpc: &Rpc, place: &Place, caller: &Owned) -> Result<Vec<(&'static str, DynamicMessage)>> {
    let mut full = good(rpc, caller)?;
    suit_role(&mut full, place)?;
    let mut requests = vec![
        ("all that is needed", full.clone()),
        (NOTHING_ELSE, DynamicMessage::new(rpc.method.input())),
    ];
    for etag in rpc.fields().iter().filter(|field| field.field.name() == "etag") {
        let mut stale = full.clone();
        set(&mut stale, &etag.path, Value::String("0".into()))?;
        requests.push(("a stale etag", stale));
    }
    Ok(requests)
}

/// A role has to belong to the account that is named.
pub fn suit_role(request: &mut DynamicMessage, place: &Place) -> Result<()> {
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
pub fn is_missing(rpc: &Rpc, place: &Place, answer: &Answer) -> bool {
    match answer.code {
        Code::NotFound => true,
        Code::InvalidArgument => rpc.portal() == Some(Portal::Master) && answer.violations() == [place.path.clone()],
        _ => false,
    }
}

pub fn next_page(rpc: &Rpc, answer: &Answer) -> Result<Option<String>> {
    let message = DynamicMessage::decode(rpc.method.output(), answer.first()?)?;
    let token = message
        .get_field_by_name("next_page_token")
        .and_then(|value| value.as_str().map(str::to_owned));
    Ok(token.filter(|token| !token.is_empty()))
}

/// As an id is written, of something that never was.
fn uuid() -> String {
    portal_client::request_id().replace('-', "")
}
