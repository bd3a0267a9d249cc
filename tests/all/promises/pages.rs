//! Pages: tokens that are good for one list, and walks that miss nothing while others write.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use chrono::{TimeDelta, Utc};
use futures::{StreamExt, stream};
use portal_client::{Code, pb};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Harness, both};

use super::{Servers, colleague, message, rows::Busy, with_field};
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
        let Busy { world, .. } = Busy::of(h.database()).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("page_token")? {
            let token = token(world, &rpc).await?;
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
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// A token of another RPC, another account, another filter, another order, or other arguments. It is good for everybody of the account.
    async fn a_token_is_good_for_one_question_only(h: Harness) -> Result<()> {
        let Busy { h, world, .. } = Busy::of(h.database()).await?;
        let (mut wrong, mut tokens, mut asked) = (Vec::new(), Vec::new(), 0);
        let lists = with_field("page_token")?;
        for rpc in &lists {
            let token = token(world, rpc).await?;
            ensure!(ask(world, rpc, &token).await?.code == Code::Ok, "{} does not take its own token", rpc.name());
            tokens.push((rpc.name(), token));
        }
        for rpc in &lists {
            asked += tokens.iter().filter(|(from, _)| *from != rpc.name()).count();
            for (from, token) in tokens.iter().filter(|(from, _)| *from != rpc.name()) {
                let answer = ask(world, rpc, token).await?;
                if !is_refused(&answer) {
                    wrong.push(format!("{} takes a token of {from}: {}", rpc.name(), answer.short()));
                }
            }
            let (_, token) = tokens.iter().find(|(from, _)| *from == rpc.name()).context("a token")?;
            let body = with(&small(rpc, world.caller(rpc))?, "page_token", Value::String(token.clone()))?;
            let of_colleague = world.wire.call_as(rpc, body.clone(), &colleague(h, world.caller(rpc)).await?.access_token).await?;
            if of_colleague.code != Code::Ok {
                wrong.push(format!("{} takes no token of a colleague: {}", rpc.name(), of_colleague.short()));
            }
            if let Some(stranger) = world.other(rpc) {
                let answer = world.wire.call_as(rpc, body, &stranger.token()).await?;
                if !is_refused(&answer) {
                    wrong.push(format!("{} takes a stranger's token: {}", rpc.name(), answer.short()));
                }
            }
            let caller = world.caller(rpc);
            for (path, value) in other_arguments(rpc, caller) {
                let mut request = small(rpc, caller)?;
                set(&mut request, "page_token", Value::String(token.clone()))?;
                let answer = world.wire.call_as(rpc, with(&request, &path, value.clone())?, &caller.token()).await?;
                if !is_refused(&answer) {
                    wrong.push(format!("{} takes its token with another {path} {value:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(asked == lists.len() * (lists.len() - 1), "only {asked} tokens of others were tried");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn a_token_is_good_for_three_days(h: Harness) -> Result<()> {
        // Its clock is moved.
        let Busy { h, world, .. } = &Busy::make(h.database()).await?;
        let mut wrong = Vec::new();
        let shift = |by: TimeDelta| {
            let now = Utc::now();
            h.clock.follow_database(now + by, (now, now));
        };
        for (age, is_good) in [(TimeDelta::days(3) - TimeDelta::minutes(5), true), (TimeDelta::days(3) + TimeDelta::minutes(5), false)] {
            let rpcs = with_field("page_token")?;
            // The tokens are made in the past, by people who have signed in then.
            let made = loop {
                shift(-age);
                let made = in_the_past(h, world, &rpcs).await;
                // Where the server has asked its database for the time meanwhile, all of it is done again.
                if (h.clock.now() - Utc::now() + age).abs() < TimeDelta::minutes(1) {
                    break made?;
                }
            };
            shift(TimeDelta::zero());
            world.sign_in(h).await?;
            for (rpc, token) in rpcs.iter().zip(&made) {
                let answer = ask(world, rpc, token).await?;
                if is_good != (answer.code == Code::Ok) || is_good == is_refused(&answer) {
                    wrong.push(format!("{} with a token of {age}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    /// Every list in every order, by one row and backwards by three, while rows come and go before and after what is read, and one server after the other answers.
    async fn what_stays_is_read_once_whatever_others_do(h: Harness) -> Result<()> {
        let busy = Busy::of(h.database()).await?;
        let (servers, mut wrong) = (Servers::of(&busy.h).await?, Vec::new());
        for rpc in with_field("page_token")? {
            // It takes its time.
            busy.world.fresh(&busy.h).await?;
            for field in rpc.orders() {
                wrong.extend(walk(&servers, busy, &rpc, &field, 1).await?);
                wrong.extend(walk(&servers, busy, &rpc, &format!("{field} desc"), 3).await?);
            }
        }
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

/// The token of the second page.
async fn token(world: &World, rpc: &Rpc) -> Result<String> {
    let caller = world.caller(rpc);
    let body = small(rpc, caller)?.encode_to_vec().into();
    let token = next_page(rpc, &world.wire.call_as(rpc, body, &caller.token()).await?)?;
    token.with_context(|| format!("{} has one page only", rpc.name()))
}

/// Tokens of second pages, by people who sign in for it.
async fn in_the_past(h: &Harness, world: &World, rpcs: &[Rpc]) -> Result<Vec<String>> {
    world.sign_in(h).await?;
    let mut made = Vec::new();
    for rpc in rpcs {
        made.push(token(world, rpc).await?);
    }
    Ok(made)
}

async fn ask(world: &World, rpc: &Rpc, token: &str) -> Result<Answer> {
    let caller = world.caller(rpc);
    let body = with(&small(rpc, caller)?, "page_token", Value::String(token.to_owned()))?;
    world.wire.call_as(rpc, body, &caller.token()).await
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

/// More pages than any list has here.
const MOST: usize = 5000;

/// Walks a whole list in pages, while others write; answers what was read twice, and what was left out although it was there before and after.
async fn walk(servers: &Servers, busy: &Busy, rpc: &Rpc, order: &str, size: i32) -> Result<Vec<String>> {
    let caller = busy.world.caller(rpc);
    let mut request = good(rpc, caller)?;
    set(&mut request, "order_by", Value::String(order.to_owned()))?;
    let page = async |turn: usize, size: i32, token: String| {
        let mut next = request.clone();
        set(&mut next, "page_size", Value::I32(size))?;
        let body = with(&next, "page_token", Value::String(token))?;
        rows(rpc, &servers.turn(turn).call_as(rpc, body, &caller.token()).await?)
    };
    let all = async || {
        let (mut seen, mut token) = page(0, 200, String::new()).await?;
        while !token.is_empty() {
            let (more, next) = page(0, 200, token).await?;
            seen.extend(more);
            token = next;
        }
        anyhow::Ok(seen)
    };
    let before = all().await?;
    ensure!(before.len() >= 4, "{} has only {} rows", rpc.name(), before.len());
    let (mut seen, mut token) = page(0, size, String::new()).await?;
    let mut turn = 1;
    while !token.is_empty() {
        // Before the second page, and while the fourth is read.
        if turn == 1 {
            busy.write().await?;
        }
        let next = page(turn, size, token);
        let (ids, more) = if turn == 3 {
            tokio::try_join!(next, busy.write())?.0
        } else {
            next.await?
        };
        seen.extend(ids);
        ensure!(turn < MOST, "{} by {order} has no end, but {:?}", rpc.name(), seen.last());
        (token, turn) = (more, turn + 1);
    }
    let after: BTreeSet<_> = all().await?.into_iter().collect();
    let came = after.iter().filter(|id| !before.contains(id)).count();
    ensure!(came > 0, "nobody wrote to {} while it was read", rpc.name());
    let once: BTreeSet<_> = seen.iter().collect();
    let mut wrong = Vec::new();
    if once.len() != seen.len() {
        let twice: BTreeSet<_> = seen
            .iter()
            .filter(|id| seen.iter().filter(|other| other == id).count() > 1)
            .collect();
        wrong.push(format!("{} by {order} reads {twice:?} twice", rpc.name()));
    }
    let left: Vec<_> = before.iter().filter(|id| after.contains(*id) && !once.contains(id)).collect();
    if !left.is_empty() {
        wrong.push(format!("{} by {order} leaves {left:?} out", rpc.name()));
    }
    Ok(wrong)
}
