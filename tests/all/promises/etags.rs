//! Etags: whatever can be changed can be changed only as it was seen.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use portal_client::{Code, pb::Portal, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry::{
    store::audit_entry::{Column, DONE, Entity},
    work,
};
use tenantry_tests::{Harness, both};
use tokio::time::sleep;

use super::{
    Servers, message,
    ready::{doing, etag_of, ready},
};
use crate::matrix::{
    World,
    contract::{Place, Rpc, rpcs},
    foreign::suit_role,
    request::{good, set},
};

/// How many RPCs take an etag.
const GUARDED: usize = 30;

/// Those that do something in a portal, with an etag and without.
fn by_etag() -> Result<(Vec<Rpc>, Vec<Rpc>)> {
    let found = doing()?.into_iter().filter(|rpc| rpc.portal().is_some());
    let (with, without): (Vec<_>, Vec<_>) = found.partition(|rpc| etag_of(rpc).is_some());
    ensure!(with.len() >= GUARDED, "only {} RPCs take an etag", with.len());
    Ok((with, without))
}

both! {
    async fn a_change_made_in_between_is_not_overwritten(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in by_etag()?.0 {
            let caller = world.caller(&rpc);
            let (mut request, path) = (good(&rpc, caller)?, etag_of(&rpc).unwrap_or_default());
            // The vendor names the account of a person.
            let of_user = rpc.fields().into_iter().find(|place| place.path == "tenant_id" && place.is_optional());
            if let Some(place) = of_user.filter(|_| rpc.portal() == Some(Portal::Master)) {
                suit_role(&mut request, &place)?;
                set(&mut request, "tenant_id", Value::String(caller.ids.get("ten").cloned().unwrap_or_default()))?;
            }
            for stale in ["0", "*", "99999", "1-1-1-1"] {
                set(&mut request, &path, Value::String(stale.into()))?;
                let answer = world.wire.call_as(&rpc, request.encode_to_vec().into(), &caller.token()).await?;
                if (answer.code, answer.reason().as_str()) != (Code::Aborted, "STALE_ETAG") {
                    wrong.push(format!("{} with the etag {stale:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// Whatever takes no etag changes nothing that was seen: all that its entry in the audit trail tells of is new, or a secret.
    async fn what_takes_no_etag_changes_nothing_that_was_seen(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let (world, mut wrong) = (&World::make(h).await?, Vec::new());
        for rpc in by_etag()?.1 {
            let ready = ready(h, &rpc, world.caller(&rpc), &request_id()).await.with_context(|| rpc.name())?;
            let (answer, id) = world.wire.call_with_id(&rpc, ready.body(), &ready.token).await?;
            ensure!(answer.code == Code::Ok, "{}: {}", rpc.name(), answer.short());
            let cx = work::cx(&h.running.app);
            let its = cx.find::<Entity>().with(Column::RequestId, id).with(Column::Result, DONE);
            let entries = its.all().await?;
            ensure!(!entries.is_empty(), "{} is not in the audit trail", rpc.name());
            let changes = entries.iter().filter_map(|entry| entry.changes.as_array()).flatten();
            let changed: Vec<_> = changes.filter(|change| !change["before"].is_null() && change["before"] != "hidden").collect();
            if !changed.is_empty() {
                wrong.push(format!("{} changes {changed:?}", rpc.name()));
            }
        }
        ensure!(wrong.is_empty(), "without an etag:\n{}", wrong.join("\n"));
        Ok(())
    }

    /// The version that a read tells is taken; of two who have read it, on two servers, by one only.
    async fn the_version_that_was_read_is_taken_once(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let (world, servers) = (&World::make(h).await?, Servers::of(h).await?);
        let mut wrong = Vec::new();
        for rpc in by_etag()?.0 {
            for attempt in 1.. {
                let mut ready = ready(h, &rpc, world.caller(&rpc), &request_id()).await.with_context(|| rpc.name())?;
                let etag = seen(world, &rpc, &ready.request).await.with_context(|| rpc.name())?;
                set(&mut ready.request, &etag_of(&rpc).unwrap_or_default(), Value::String(etag.clone()))?;
                let one = ready.body();
                // Another request, and not the same one again.
                if rpc.has("request_id") {
                    set(&mut ready.request, "request_id", Value::String(request_id()))?;
                }
                let at = |turn, body| servers.turn(turn).call_as(&rpc, body, &ready.token);
                let answers = tokio::try_join!(at(0, one), at(1, ready.body()))?;
                let answers = [answers.0, answers.1];
                let with = |code| answers.iter().filter(|answer| answer.code == code).count();
                // What starts and stops is observed meanwhile, which may be a change as well.
                if with(Code::Aborted) == 2 && attempt < 20 {
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
                let fine = match (with(Code::Ok), with(Code::Aborted), with(Code::NotFound)) {
                    (1, 1, 0) => true,
                    // What one has begun has to end first.
                    (1, 0, 0) => answers.iter().any(|answer| answer.reason() == "OPERATION_AT_WORK"),
                    // What one has removed is not there for the other.
                    (1, 0, 1) => seen(world, &rpc, &ready.request).await.is_err(),
                    // A link for a role is none of the role, whose version it is.
                    (2, 0, 0) if rpc.method.name() == "IssueInvitation" => seen(world, &rpc, &ready.request).await? == etag,
                    _ => false,
                };
                if !fine {
                    let told = answers.map(|answer| answer.short());
                    wrong.push(format!("{} with the etag {etag:?}: {told:?}", rpc.name()));
                }
                break;
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// The version of the thing that a request changes, as its Get tells it.
async fn seen(world: &World, rpc: &Rpc, changing: &DynamicMessage) -> Result<String> {
    let (caller, about, name) = (world.caller(rpc), about(rpc), rpc.method.name());
    let reads = |get: &Rpc| {
        let same = |about: &Place| {
            get.fields()
                .iter()
                .any(|place| place.id_of() == about.id_of() && !place.is_optional())
        };
        let settings = |rpc: &Rpc| rpc.method.name().ends_with("Settings");
        get.method.parent_service() == rpc.method.parent_service()
            && get.method.name().starts_with("Get")
            && match &about {
                Some(about) => same(about) && settings(get) == settings(rpc),
                None => get.method.name() == name.replacen("Update", "Get", 1),
            }
    };
    let get = rpcs()?.into_iter().find(reads);
    let get = get.with_context(|| format!("nothing reads what {} changes", rpc.name()))?;
    let mut request = good(&get, caller)?;
    if let Some(about) = &about {
        let same = get.fields().into_iter().find(|place| place.id_of() == about.id_of());
        let place = same.with_context(|| format!("{} names nothing", get.name()))?;
        set(&mut request, &place.path, Value::String(text(changing, &about.path)))?;
    }
    let answer = world.wire.call_as(&get, request.encode_to_vec().into(), &caller.token()).await?;
    let thing = message(&get, &answer)?;
    // The version of a person is that of the role in the account.
    let versioned = match thing.get_field_by_name("memberships").map(|v| v.into_owned()) {
        Some(Value::List(roles)) => roles
            .into_iter()
            .last()
            .and_then(|role| role.as_message().cloned())
            .context("a role")?,
        _ => thing,
    };
    let etag = versioned.get_field_by_name("etag").context("an etag")?;
    Ok(etag.as_str().unwrap_or_default().to_owned())
}

/// The field that names the thing that a request is about, where there are several of them.
fn about(rpc: &Rpc) -> Option<Place> {
    let mut fields = rpc.fields().into_iter();
    fields.find(|place| place.id_of().is_some() && !place.is_optional())
}

/// A text in a message, by its path.
fn text(message: &DynamicMessage, path: &str) -> String {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let value = message.get_field_by_name(name);
    match (value.as_deref(), rest) {
        (Some(Value::String(text)), None) => text.clone(),
        (Some(Value::Message(inner)), Some(rest)) => self::text(inner, rest),
        _ => String::new(),
    }
}
