//! Pages: tokens that are good for one list, and walks that miss nothing while others write.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, ensure};
use chrono::{TimeDelta, Utc};
use futures::{StreamExt, stream};
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Harness, both, make};

use super::{Servers, message, with_field};
use crate::matrix::{
    World,
    contract::Rpc,
    foreign::next_page,
    raw::Answer,
    request::{good, set, with},
    world::Owned,
};

both! {
    async fn a_token_that_was_altered_is_refused(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut used) = (Vec::new(), 0);
        for rpc in with_field("page_token")? {
            let Some(token) = token(world, &rpc).await? else { continue };
            used += 1;
            let altered = (0..token.len()).map(|at| {
                let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
                [&token[..at], other, &token[at + 1..]].concat()
            });
            let cut = [&token[..token.len() / 2], &token[1..]].map(str::to_owned);
            let more = [format!("{token}A"), format!("{token}{token}"), format!(" {token}")];
            let calls = altered.chain(cut).chain(more).map(async |token| anyhow::Ok((ask(world, &rpc, &token).await?, token)));
            let answers: Vec<_> = stream::iter(calls).buffer_unordered(16).collect().await;
            for answer in answers {
                let (answer, token) = answer?;
                if !is_refused(&answer) {
                    wrong.push(format!("{} takes {token}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(used >= 15, "only {used} lists had a second page");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// A token of another RPC, another filter, another order, or other arguments.
    async fn a_token_is_good_for_one_question_only(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (mut wrong, mut tokens) = (Vec::new(), Vec::new());
        let lists = with_field("page_token")?;
        for rpc in &lists {
            if let Some(token) = token(world, rpc).await? {
                ensure!(ask(world, rpc, &token).await?.code == Code::Ok, "{} does not take its own token", rpc.name());
                tokens.push((rpc.name(), token));
            }
        }
        for rpc in &lists {
            for (from, token) in tokens.iter().filter(|(from, _)| *from != rpc.name()) {
                let answer = ask(world, rpc, token).await?;
                if !is_refused(&answer) {
                    wrong.push(format!("{} takes a token of {from}: {}", rpc.name(), answer.short()));
                }
            }
            let Some((_, token)) = tokens.iter().find(|(from, _)| *from == rpc.name()) else { continue };
            let caller = world.caller(rpc);
            for (path, value) in other_arguments(rpc, caller) {
                let mut request = small(rpc, caller)?;
                set(&mut request, "page_token", Value::String(token.clone()))?;
                let answer = world.wire.call_as(rpc, with(&request, &path, value.clone())?, caller.token()).await?;
                if !is_refused(&answer) {
                    wrong.push(format!("{} takes its token with another {path} {value:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(tokens.len() >= 15, "only {} lists had a second page", tokens.len());
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn a_token_is_good_for_three_days(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let mut wrong = Vec::new();
        let shift = |by: TimeDelta| {
            let now = Utc::now();
            h.clock.follow_database(now + by, (now, now));
        };
        for rpc in with_field("page_token")? {
            for (age, is_good) in [(TimeDelta::days(3) - TimeDelta::minutes(5), true), (TimeDelta::days(3) + TimeDelta::minutes(5), false)] {
                // The token is made in the past.
                shift(-age);
                let token = token(world, &rpc).await;
                shift(TimeDelta::zero());
                let Some(token) = token? else { continue };
                let answer = ask(world, &rpc, &token).await?;
                if is_good != (answer.code == Code::Ok) || is_good == is_refused(&answer) {
                    wrong.push(format!("{} with a token of {age}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    /// Every list in every order, by one and by three rows, while rows come, go and change around what is read, and one server after the other answers.
    async fn what_stays_is_read_once_whatever_others_do(h: Harness) -> Result<()> {
        let (h, world) = World::apart(h.database()).await?;
        let (servers, done) = (Servers::of(h).await?, AtomicBool::new(false));
        let walks = async {
            let mut wrong = Vec::new();
            for rpc in with_field("page_token")? {
                for order in rpc.orders().iter().flat_map(|field| [field.clone(), format!("{field} desc")]) {
                    for size in [1, 3] {
                        wrong.extend(walk(&servers, world, &rpc, &order, size).await?);
                    }
                }
            }
            done.store(true, Ordering::Relaxed);
            anyhow::Ok(wrong)
        };
        let (wrong, rounds) = tokio::try_join!(walks, write(h, world, &done))?;
        ensure!(rounds > 20, "others wrote only {rounds} times");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// Asks for pages of one row.
fn small(rpc: &Rpc, caller: &Owned) -> Result<DynamicMessage> {
    let mut request = good(rpc, caller)?;
    set(&mut request, "page_size", Value::I32(1))?;
    Ok(request)
}

/// The token of the second page, if there is one.
async fn token(world: &World, rpc: &Rpc) -> Result<Option<String>> {
    let caller = world.caller(rpc);
    let body = small(rpc, caller)?.encode_to_vec().into();
    next_page(rpc, &world.wire.call_as(rpc, body, caller.token()).await?)
}

async fn ask(world: &World, rpc: &Rpc, token: &str) -> Result<Answer> {
    let caller = world.caller(rpc);
    let body = with(&small(rpc, caller)?, "page_token", Value::String(token.to_owned()))?;
    world.wire.call_as(rpc, body, caller.token()).await
}

fn is_refused(answer: &Answer) -> bool {
    answer.code == Code::InvalidArgument && answer.violations() == ["page_token"]
}

/// Whatever else decides which rows there are and in which order, with another value than a request that says nothing of it has.
fn other_arguments(rpc: &Rpc, caller: &Owned) -> Vec<(String, Value)> {
    let text = |text: &str| Value::String(text.to_owned());
    let mut others = Vec::new();
    let default = rpc.default_order();
    for order in rpc.orders() {
        let ways = [order.clone(), format!("{order} asc"), format!("{order} desc")];
        others.extend(
            ways.iter()
                .filter(|way| **way != default)
                .map(|way| ("order_by".to_owned(), text(way))),
        );
    }
    if rpc.filters().iter().any(|field| field == "create_time") {
        others.push(("filter".to_owned(), text("create_time > \"2001-01-01T00:00:00Z\"")));
    }
    for place in rpc.fields() {
        let own = place.id_of().and_then(|kind| caller.ids.get(kind));
        // Elsewhere one's own account is the one that is meant anyway.
        if let Some(own) = own.filter(|_| place.is_optional() && rpc.portal() == Some(pb::Portal::Master)) {
            others.push((place.path.clone(), text(own)));
        }
    }
    others
}

/// The ids of the rows of a page, and the token of the next.
fn rows(rpc: &Rpc, answer: &Answer) -> Result<(Vec<String>, String)> {
    let message = message(rpc, answer)?;
    let list = message.fields().find_map(|(_, value)| value.as_list().map(<[Value]>::to_vec));
    let id = |row: &Value| Some(row.as_message()?.get_field_by_name("id")?.as_str()?.to_owned());
    let ids = list
        .unwrap_or_default()
        .iter()
        .map(|row| id(row).context("a row without an id"))
        .collect::<Result<_>>()?;
    Ok((ids, next_page(rpc, answer)?.unwrap_or_default()))
}

/// Walks a whole list in pages; answers what was read twice, and what was left out although it was there before and after.
async fn walk(servers: &Servers, world: &World, rpc: &Rpc, order: &str, size: i32) -> Result<Vec<String>> {
    let caller = world.caller(rpc);
    let mut request = good(rpc, caller)?;
    set(&mut request, "order_by", Value::String(order.to_owned()))?;
    let all = async |size: i32| {
        let (mut seen, mut token) = (Vec::new(), String::new());
        // What comes faster than it is read has no end; what there was at the beginning is long read by then.
        for turn in 0..400 {
            let mut next = request.clone();
            set(&mut next, "page_size", Value::I32(size))?;
            let body = with(&next, "page_token", Value::String(token.clone()))?;
            let (ids, more) = rows(rpc, &servers.turn(turn).call_as(rpc, body, caller.token()).await?)?;
            seen.extend(ids);
            token = more;
            if token.is_empty() {
                return anyhow::Ok((seen, true));
            }
        }
        Ok((seen, false))
    };
    let (before, _) = all(200).await?;
    let (seen, ended) = all(size).await?;
    let (after, _) = all(200).await?;
    let once: BTreeSet<_> = seen.iter().collect();
    let mut wrong = Vec::new();
    if once.len() != seen.len() {
        let twice: BTreeSet<_> = seen
            .iter()
            .filter(|id| seen.iter().filter(|other| other == id).count() > 1)
            .collect();
        wrong.push(format!("{} by {order} reads {twice:?} twice", rpc.name()));
    }
    let after: BTreeSet<_> = after.into_iter().collect();
    let left: Vec<_> = before.iter().filter(|id| after.contains(*id) && !once.contains(id)).collect();
    if ended && !left.is_empty() {
        wrong.push(format!("{} by {order} leaves {left:?} out", rpc.name()));
    }
    Ok(wrong)
}

/// Others write: people come and go, plans and resellers are made and changed, invoices are paid.
async fn write(h: &Harness, world: &World, done: &AtomicBool) -> Result<usize> {
    let (admin, mut rounds) = (h.master(), 0);
    let invoice = world.tenants[0].ids.get("inv").context("an invoice")?;
    let tenant = world.tenants[0].ids.get("ten").context("a tenant")?;
    while !done.load(Ordering::Relaxed) {
        rounds += 1;
        // Names before and after all others.
        for first in ["a", "zz"] {
            let name = format!("{first}-{}", &request_id()[24..]);
            let mut guest = make::user(&name, pb::Role::TenantViewer);
            guest.tenant_id.clone_from(tenant);
            let guest = admin.invite_user(guest).await?.user.context("a user")?;
            if rounds <= 40 {
                let made = admin.create_plan(make::plan(&name)).await?;
                admin
                    .archive_plan(pb::ArchivePlanRequest {
                        plan_id: made.id,
                        etag: made.etag,
                        ..Default::default()
                    })
                    .await?;
                admin.create_reseller(make::reseller(&name)).await?;
                admin.record_payment(make::payment(invoice, make::money("EUR", 1))).await?;
            }
            let gone = pb::RemoveUserRequest {
                user_id: guest.id,
                tenant_id: tenant.clone(),
                ..Default::default()
            };
            admin.remove_user(gone).await?;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Ok(rounds)
}
