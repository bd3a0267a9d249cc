//! The same key with the same request has one effect and one answer, for a day at least.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use futures::future::try_join_all;
use portal_client::{Client, Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};
use tenantry::{store::idempotency_record, work};
use tenantry_tests::{Harness, Refused, both, make};

use super::{
    Servers, colleague, message,
    ready::{etag_of, ready},
    with_field,
};
use crate::matrix::{World, contract::Rpc, malformed::bad_values, raw::Answer, request::set};

both! {
    async fn a_request_has_one_effect_and_one_answer(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let servers = Servers::of(h).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id")? {
            // It takes its time.
            world.fresh(h).await?;
            wrong.extend(one(h, world, &servers, &rpc).await?.into_iter().map(|what| format!("{}: {what}", rpc.name())));
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn a_key_that_is_none_is_refused(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id")? {
            let caller = world.caller(&rpc);
            let none = if takes_none(&rpc)? { None } else { Some("") };
            for key in none.into_iter().chain(["a\nb", "a\u{7f}", &"x".repeat(65), &"ü".repeat(65)]) {
                let mut request = crate::matrix::request::good(&rpc, caller)?;
                set(&mut request, "request_id", Value::String(key.into()))?;
                let answer = world.wire.call_as(&rpc, request.encode_to_vec().into(), &caller.token()).await?;
                if answer.code != Code::InvalidArgument || answer.violations() != ["request_id"] {
                    wrong.push(format!("{} with the key {key:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{}:\n{}", h.origin(), wrong.join("\n"));
        Ok(())
    }

    /// Without a key each call counts.
    async fn no_key_promises_nothing(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id")? {
            if !takes_none(&rpc)? {
                continue;
            }
            let caller = world.caller(&rpc);
            let me = colleague(h, caller).await?;
            let body = ready(h, &rpc, caller, "").await?.body();
            let first = world.wire.call_as(&rpc, body.clone(), &me.access_token).await?;
            let second = world.wire.call_as(&rpc, body, &me.access_token).await?;
            let (done, expected) = (effects(&h.origin(), &me).await?, [&first, &second].iter().filter(|answer| answer.code == Code::Ok).count());
            if first.code != Code::Ok || done != expected {
                wrong.push(format!("{}: {}, then {}, and {done} effects", rpc.name(), first.short(), second.short()));
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// What was shown once is nowhere, so that nobody who repeats a request is shown it again.
    async fn no_secret_is_kept_with_an_answer(h: Harness) -> Result<()> {
        let (h, _) = World::apart(h.database()).await?;
        let invited = h.master().invite_user(make::user(&request_id(), pb::Role::MasterViewer)).await?;
        let (user, link) = (invited.user.context("a user")?, invited.invitation.context("a link")?);
        let (_, secret) = link.url.split_once('#').context("a secret")?;
        let records = work::cx(&h.running.app).find::<idempotency_record::Entity>().all().await?;
        let texts: Vec<_> = records.iter().map(|record| record.answer.to_string()).collect();
        ensure!(texts.iter().any(|text| text.contains(&user.email)), "the answer is not kept");
        ensure!(!texts.iter().any(|text| text.contains(secret)), "the secret of a link is kept");
        Ok(())
    }

    async fn an_answer_is_kept_for_a_day_and_not_for_ever(h: Harness) -> Result<()> {
        use idempotency_record::{Column, Entity};
        let h = Harness::alone(h.database()).await?;
        let cx = work::cx(&h.running.app);
        let request = make::plan("kept");
        let first = h.master().create_plan(request.clone()).await?;
        let aged = async |hours: i64| {
            let then = cx.now() - TimeDelta::hours(hours);
            cx.db.bookkeep(async |tx| tx.set::<Entity>(Condition::all(), [(Column::CreatedAt, Expr::value(then))]).await.map(|_| ())).await?;
            while work::housekeeping(&cx).await? {}
            anyhow::Ok(h.master().create_plan(request.clone()).await)
        };
        assert_eq!(aged(25).await??, first);
        assert_eq!(aged(47).await??, first);
        assert_eq!(aged(49).await?.refused(Code::AlreadyExists)?.reason, "PLAN_CODE_TAKEN");
        assert_eq!(cx.fresh().find::<Entity>().count().await?, 0);
        Ok(())
    }

    /// However many there are, they are removed a few at a time.
    async fn old_answers_are_removed_a_few_at_a_time(h: Harness) -> Result<()> {
        use idempotency_record::{Column, Entity, Model};
        let (h, _) = World::apart(h.database()).await?;
        let cx = work::cx(&h.running.app);
        // Of a time that nobody else's are of.
        let then = cx.now() + TimeDelta::days(365);
        let old = || Condition::all().add(Column::CreatedAt.gte(then));
        let record = || Model { id: uuid::Uuid::now_v7(), tenant_id: None, reseller_id: None, fingerprint: Vec::new(), answer: serde_json::json!({}), created_at: then };
        let erase = async || anyhow::Ok(cx.db.bookkeep(async |tx| tx.erase_some::<Entity>(old(), Column::Id, 3).await).await?);
        cx.db.bookkeep(async |tx| {
            for _ in 0..5 {
                tx.put(record()).await?;
            }
            Ok(())
        }).await?;
        let left = async || anyhow::Ok(cx.fresh().find::<Entity>().filter(old()).count().await?);
        assert!(erase().await?);
        assert_eq!(left().await?, 2);
        assert!(!erase().await?);
        assert_eq!(left().await?, 0);
        Ok(())
    }
}

/// What is wrong with the keys of an RPC.
async fn one(h: &Harness, world: &World, servers: &Servers, rpc: &Rpc) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let caller = world.caller(rpc);
    let (me, peer) = (colleague(h, caller).await?, colleague(h, caller).await?);
    // As long as a key may be, in letters of two bytes.
    let key = format!("{}{}", "é".repeat(28), request_id());
    let request = ready(h, rpc, caller, &key).await?.request;
    // Whoever is told to wait waits: a hundred at once may be too much for what takes long.
    let call = async |request: &DynamicMessage, token: &str, turn: usize| loop {
        let answer = servers.turn(turn).call_as(rpc, request.encode_to_vec().into(), token).await?;
        match answer.wait() {
            Some(time) => tokio::time::sleep(time).await,
            None => return anyhow::Ok(answer),
        }
    };

    // A request that is refused is not remembered, whether for what it says or for what there is.
    let (path, value) = some_bad_value(rpc)?;
    let mut refused = vec![(path, value, Code::InvalidArgument)];
    refused.extend(etag_of(rpc).map(|path| (path, Value::String("0".into()), Code::Aborted)));
    for (path, value, code) in refused {
        let mut bad = request.clone();
        set(&mut bad, &path, value)?;
        let answer = call(&bad, &me.access_token, 0).await?;
        if answer.code != code {
            wrong.push(format!("a bad {path}: {}", answer.short()));
        }
    }

    let answers = try_join_all((0..100).map(|turn| call(&request, &me.access_token, turn))).await?;
    let again = call(&request, &me.access_token, 1).await?;
    if again.code != Code::Ok {
        wrong.push(format!("again: {}", again.short()));
        return Ok(wrong);
    }
    // What is shown once is in the one answer that made it.
    let shown = answers.iter().filter(|answer| **answer != again).collect::<Vec<_>>();
    let is_same = |answer: &&Answer| without_secrets(rpc, answer).ok() == without_secrets(rpc, &again).ok();
    if shown.len() != usize::from(!rpc.shown_once().is_empty()) || !shown.iter().all(is_same) {
        wrong.push(format!(
            "{} of 100 answers differ, for example {}",
            shown.len(),
            shown.first().map(|a| a.short()).unwrap_or_default()
        ));
    }
    let done = effects(&h.origin(), &me).await?;
    if done != 1 {
        wrong.push(format!("{done} effects"));
    }

    let reused = call(&another(rpc, &request)?, &me.access_token, 1).await?;
    if (reused.code, reused.reason().as_str()) != (Code::AlreadyExists, "REQUEST_ID_REUSED") {
        wrong.push(format!("the key of another request: {}", reused.short()));
    }

    // The key is its chooser's own.
    let theirs = call(&request, &peer.access_token, 0).await?;
    let done = effects(&h.origin(), &peer).await?;
    if theirs.reason() == "REQUEST_ID_REUSED" || done != usize::from(theirs.code == Code::Ok) {
        wrong.push(format!("a colleague with the same key: {}, and {done} effects", theirs.short()));
    }
    if let Some(stranger) = world.other(rpc) {
        let them = colleague(h, stranger).await?;
        let request = ready(h, rpc, stranger, &key).await?.request;
        let theirs = call(&request, &them.access_token, 0).await?;
        let done = effects(&h.origin(), &them).await?;
        if theirs.code != Code::Ok || done != 1 {
            wrong.push(format!("somebody else with the same key: {}, and {done} effects", theirs.short()));
        }
    }
    Ok(wrong)
}

/// Whether an RPC may be called without a key.
fn takes_none(rpc: &Rpc) -> Result<bool> {
    let key = rpc.fields().into_iter().find(|place| place.path == "request_id");
    Ok(key.context("a key")?.says().contains("empty for none"))
}

/// How much a person has done since the first sign-in, as a server somewhere tells it.
pub async fn effects(origin: &str, session: &pb::Session) -> Result<usize> {
    let client = Client::new(origin, session.portal(), |_| ());
    client.begin(session.clone());
    let user = session.user.clone().context("a session is somebody's")?.id;
    let request = pb::ListAuditEntriesRequest {
        filter: format!("actor_id = \"{user}\" AND result = OK"),
        page_size: 200,
        ..Default::default()
    };
    let entries = match session.portal() {
        pb::Portal::Tenant => client.tenant().list_audit_entries(request).await?,
        pb::Portal::Reseller => client.reseller().list_audit_entries(request).await?,
        _ => client.master().list_audit_entries(request).await?,
    };
    let arrives = |action: &str| ["user.accept_invitation", "user.sign_in"].contains(&action);
    let done = entries.audit_entries.iter().filter(|entry| !arrives(&entry.action));
    // One in each trail that a call concerns.
    let calls: BTreeSet<_> = done.map(|entry| &entry.request_id).collect();
    Ok(calls.len())
}

/// A field with a value that it must not have.
pub fn some_bad_value(rpc: &Rpc) -> Result<(String, Value)> {
    for place in rpc.fields().iter().filter(|place| place.field.name() != "request_id") {
        if let Some((_, value)) = bad_values(rpc, place)?.into_iter().next() {
            return Ok((place.path.clone(), value));
        }
    }
    anyhow::bail!("{}: nothing can be wrong with it", rpc.name())
}

/// The request with another text where it may be any, or about something else.
pub fn another(rpc: &Rpc, request: &DynamicMessage) -> Result<DynamicMessage> {
    let free = ["display_name", "reference", "suffix", "confirm_slug", "etag"];
    let fields = rpc.fields();
    let text = free.iter().find_map(|name| fields.iter().find(|place| place.field.name() == *name));
    let mut other = request.clone();
    match (text, fields.iter().find_map(|place| Some((place, place.id_of()?)))) {
        (Some(place), _) => set(&mut other, &place.path, Value::String("another".into()))?,
        (_, Some((place, kind))) => set(&mut other, &place.path, Value::String(format!("{kind}_{}", "7".repeat(32))))?,
        _ => anyhow::bail!("{}: nobody knows what can be changed", rpc.name()),
    }
    Ok(other)
}

/// An answer, but for what is shown once.
pub fn without_secrets(rpc: &Rpc, answer: &Answer) -> Result<Vec<u8>> {
    let mut message = message(rpc, answer)?;
    for place in rpc.shown_once() {
        set(&mut message, &place.path, Value::String(String::new()))?;
    }
    Ok(message.encode_to_vec())
}
