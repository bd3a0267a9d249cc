//! Whatever a call is refused for, it leaves one entry in the audit trail, and nothing else is another than before.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Db, Harness, both};

use super::{
    idempotency::{another, some_bad_value},
    ready::{Ready, etag_of, ready},
    rest::{at_rest, versions},
};
use crate::matrix::{
    World,
    contract::{Place, Rpc, rpcs},
    foreign::is_missing,
    raw::Answer,
    request::set,
    trail::{account, entries, wrong},
    world::kind,
};

/// A refusal that can be asked for.
struct Bad {
    /// What is wrong with it.
    what: &'static str,
    request: DynamicMessage,
    is_it: IsIt,
}

/// Whether an answer is the refusal.
type IsIt = Box<dyn Fn(&Answer) -> bool + Send + Sync>;

both! {
    async fn a_refused_call_leaves_one_entry_and_nothing_else(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let (world, mut db) = (&World::make(h).await?, Db::open(&h.settings).await?);
        // Somebody whose session no call of the others ends.
        let reader = h.staff(pb::Role::MasterViewer).await?;
        let (mut odd, mut seen) = (Vec::new(), BTreeMap::<_, usize>::new());
        for rpc in rpcs()?.iter().filter(|rpc| rpc.portal().is_some() && rpc.changes()) {
            let caller = world.caller(rpc);
            let good = ready(h, rpc, caller, &request_id()).await.with_context(|| rpc.name())?;
            for Bad { what, request, is_it } in refusals(rpc, world, &good)? {
                *seen.entry(what).or_default() += 1;
                at_rest(h).await?;
                let before = versions(&mut db).await?;
                let (answer, id) = world.wire.call_with_id(rpc, request.encode_to_vec().into(), &good.token).await?;
                if !is_it(&answer) {
                    odd.push(format!("{} with {what}: {}", rpc.name(), answer.short()));
                }
                if versions(&mut db).await? != before {
                    odd.push(format!("{} with {what} changed something", rpc.name()));
                }
                odd.extend(wrong(rpc, &account(caller), &answer, &entries(&reader, &id).await?));
            }
            let done = world.wire.call_as(rpc, good.body(), &good.token).await?;
            ensure!(done.code == Code::Ok, "{}: {}", rpc.name(), done.short());
            if !rpc.has("request_id") {
                continue;
            }
            *seen.entry("a key of another request").or_default() += 1;
            at_rest(h).await?;
            let before = versions(&mut db).await?;
            let reused = another(rpc, &good.request)?.encode_to_vec();
            let (answer, id) = world.wire.call_with_id(rpc, reused.into(), &good.token).await?;
            if answer.reason() != "REQUEST_ID_REUSED" || versions(&mut db).await? != before {
                odd.push(format!("{} with a key of another request: {}", rpc.name(), answer.short()));
            }
            odd.extend(wrong(rpc, &account(caller), &answer, &entries(&reader, &id).await?));
        }
        println!("refused: {seen:?}");
        ensure!(odd.is_empty(), "{} of them:\n{}", odd.len(), odd.join("\n"));
        ensure!(seen.len() == 5 && seen.values().all(|count| *count >= 5), "{seen:?}");
        h.trails_are_whole().await
    }
}

/// What a request can be refused for that would be done otherwise.
fn refusals(rpc: &Rpc, world: &World, good: &Ready) -> Result<Vec<Bad>> {
    let bad = |what, path: &str, value, is_it| {
        let mut request = good.request.clone();
        set(&mut request, path, value)?;
        anyhow::Ok(Bad { what, request, is_it })
    };
    let says = |code| -> IsIt { Box::new(move |answer| answer.code == code) };
    let (path, value) = some_bad_value(rpc)?;
    let mut all = vec![bad("a bad value", &path, value, says(Code::InvalidArgument))?];
    if let Some(path) = etag_of(rpc) {
        all.push(bad("a stale etag", &path, Value::String("0".into()), says(Code::Aborted))?);
    }
    let is_read = |place: &Place| (!place.path.contains('.') || place.field.name() == "id") && !place.is_optional() && rpc.reads(place);
    let Some(place) = rpc.ids().into_iter().find(is_read) else {
        return Ok(all);
    };
    let of = place.id_of().unwrap_or_default();
    let id = |what, id: String| {
        let (rpc, of_it) = (rpc.clone(), place.clone());
        let is_it: IsIt = Box::new(move |answer| is_missing(&rpc, &of_it, answer));
        bad(what, &place.path, Value::String(id), is_it)
    };
    all.push(id("an id that never was", format!("{of}_{}", request_id().replace('-', "")))?);
    if let Some(foreign) = world.foreign(rpc).into_iter().find(|id| kind(id) == of) {
        all.push(id("the id of another's", foreign.to_owned())?);
    }
    Ok(all)
}
