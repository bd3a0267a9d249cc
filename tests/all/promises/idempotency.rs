//! The same key with the same request has one effect and one answer, for a day at least.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use futures::future::try_join_all;
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};
use tenantry::{
    store::{audit_entry, idempotency_record},
    work,
};
use tenantry_tests::{Harness, Refused, both, make};

use super::{Servers, colleague, in_earnest, message, with_field};
use crate::matrix::{World, contract::Rpc, malformed::bad_values, raw::Answer, request::set};

/// How many RPCs have a request id.
pub const KEYED: usize = 9;

both! {
    async fn a_request_has_one_effect_and_one_answer(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let servers = Servers::of(h).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id", KEYED)? {
            wrong.extend(one(h, world, &servers, &rpc).await?.into_iter().map(|what| format!("{}: {what}", rpc.name())));
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn a_key_that_is_none_is_refused(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id", KEYED)? {
            for key in ["", "a\nb", "a\u{7f}", &"x".repeat(65), &"ü".repeat(65)] {
                let caller = world.caller(&rpc);
                let mut request = crate::matrix::request::good(&rpc, caller)?;
                set(&mut request, "request_id", Value::String(key.into()))?;
                let answer = world.wire.call_as(&rpc, request.encode_to_vec().into(), caller.token()).await?;
                if answer.code != Code::InvalidArgument || answer.violations() != ["request_id"] {
                    wrong.push(format!("{} with the key {key:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{}:\n{}", h.origin(), wrong.join("\n"));
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
    let request = in_earnest(h, rpc, caller, &key).await?;
    let call = async |request: &DynamicMessage, token: &str, turn: usize| {
        servers.turn(turn).call_as(rpc, request.encode_to_vec().into(), token).await
    };

    // A request that is not valid is not remembered.
    let (path, value) = some_bad_value(rpc)?;
    let mut bad = request.clone();
    set(&mut bad, &path, value)?;
    let refused = call(&bad, &me.access_token, 0).await?;
    if refused.code != Code::InvalidArgument {
        wrong.push(format!("a bad {path}: {}", refused.short()));
    }

    let before = calls_of(h, &me).await?;
    let answers = try_join_all((0..100).map(|turn| call(&request, &me.access_token, turn))).await?;
    let again = call(&request, &me.access_token, 0).await?;
    if again.code != Code::Ok {
        wrong.push(format!("again: {}", again.short()));
        return Ok(wrong);
    }
    // The link is in the one answer that made it.
    let shown = answers.iter().filter(|answer| **answer != again).collect::<Vec<_>>();
    let is_link = |answer: &&Answer| without_link(rpc, answer).ok() == without_link(rpc, &again).ok();
    let links = usize::from(rpc.method.output().get_field_by_name("invitation").is_some());
    if shown.len() != links || !shown.iter().all(is_link) {
        wrong.push(format!(
            "{} of 100 answers differ, for example {}",
            shown.len(),
            shown.first().map(|a| a.short()).unwrap_or_default()
        ));
    }
    let effects = calls_of(h, &me).await?.len() - before.len();
    if effects != 1 {
        wrong.push(format!("{effects} effects"));
    }

    let mut other = request.clone();
    set(&mut other, &harmless(rpc)?, Value::String("another".into()))?;
    let reused = call(&other, &me.access_token, 1).await?;
    if (reused.code, reused.reason().as_str()) != (Code::AlreadyExists, "REQUEST_ID_REUSED") {
        wrong.push(format!("the key of another request: {}", reused.short()));
    }

    // The key is its chooser's own.
    let theirs = call(&request, &peer.access_token, 0).await?;
    if theirs == again || theirs.reason() == "REQUEST_ID_REUSED" {
        wrong.push(format!("a colleague with the same key: {}", theirs.short()));
    }
    if let Some(stranger) = world.other(rpc) {
        let theirs = call(&in_earnest(h, rpc, stranger, &key).await?, stranger.token(), 0).await?;
        if theirs.code != Code::Ok || theirs.body == again.body {
            wrong.push(format!("somebody else with the same key: {}", theirs.short()));
        }
    }
    Ok(wrong)
}

/// The calls of a person that left something in the audit trail.
pub async fn calls_of(h: &Harness, session: &pb::Session) -> Result<BTreeSet<String>> {
    let user = session.user.clone().context("a session is somebody's")?.id;
    let theirs = audit_entry::Column::ActorId.eq(user);
    let entries = work::cx(&h.running.app).find::<audit_entry::Entity>().filter(theirs).all().await?;
    Ok(entries.into_iter().map(|entry| entry.request_id).collect())
}

/// A field with a value that it must not have.
fn some_bad_value(rpc: &Rpc) -> Result<(String, Value)> {
    for place in rpc.fields().iter().filter(|place| place.field.name() != "request_id") {
        if let Some((_, value)) = bad_values(rpc, place)?.into_iter().next() {
            return Ok((place.path.clone(), value));
        }
    }
    anyhow::bail!("{}: nothing can be wrong with it", rpc.name())
}

/// A text that may be any.
fn harmless(rpc: &Rpc) -> Result<String> {
    let free = ["display_name", "reference", "suffix", "confirm_slug", "etag"];
    let fields = rpc.fields();
    let found = free.iter().find_map(|name| fields.iter().find(|place| place.field.name() == *name));
    let place = found.with_context(|| format!("{}: nobody knows what can be changed", rpc.name()))?;
    Ok(place.path.clone())
}

/// An answer, but for the link that is shown once.
fn without_link(rpc: &Rpc, answer: &Answer) -> Result<Vec<u8>> {
    let mut message = message(rpc, answer)?;
    let Some(Value::Message(link)) = message
        .has_field_by_name("invitation")
        .then(|| message.get_field_by_name("invitation").map(|v| v.into_owned()))
        .flatten()
    else {
        return Ok(message.encode_to_vec());
    };
    let mut link = link;
    link.clear_field_by_name("url");
    message.set_field_by_name("invitation", Value::Message(link));
    Ok(message.encode_to_vec())
}
