//! Filters and orders: declared fields only, values that are never code, and a price that is bounded.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use portal_client::Code;
use prost_reflect::Value;
use tenantry_tests::{Harness, both};

use super::{message, with_field};
use crate::matrix::{
    World,
    contract::Rpc,
    raw::Answer,
    request::{good, with},
};

/// Texts that would do something if they were put into a statement.
const INJECTIONS: [&str; 12] = [
    "' OR '1'='1",
    "'; DROP TABLE plan; --",
    "x') OR (1=1",
    "\\\" OR 1=1 --",
    "$1",
    "?1",
    "%s%n",
    "x' UNION SELECT password_hash FROM person --",
    "pg_sleep(10)",
    "1; SELECT pg_sleep(10)",
    "${jndi:x}",
    "\u{202e}\u{0301}\u{feff}",
];

/// How soon the longest text is refused.
const SOON: Duration = Duration::from_secs(2);

both! {
    async fn a_value_is_never_code(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("filter")? {
            for field in rpc.filters() {
                for value in INJECTIONS {
                    // No row has it, whether it equals or contains.
                    for operator in ["=", ":"] {
                        let filter = format!("{field} {operator} \"{value}\"");
                        let answer = ask(world, &rpc, "filter", &filter).await?;
                        let none = answer.code == Code::Ok && is_empty(&rpc, &answer)?;
                        if !none && !is_refused(&answer, "filter") {
                            wrong.push(format!("{} by {filter}: {}", rpc.name(), answer.short()));
                        }
                    }
                }
                for all in ["%", "%%", "\\\\"] {
                    let answer = ask(world, &rpc, "filter", &format!("{field} : \"{all}\"")).await?;
                    if answer.code == Code::Ok && !is_empty(&rpc, &answer)? {
                        wrong.push(format!("{} takes {all} in {field} for a pattern", rpc.name()));
                    }
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn only_declared_fields_are_known(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        let columns = ["row_version", "id", "password_hash", "tenant_id", "reseller_id", "created_at", "deleted_at", "answer", "rowid", "ctid", "1", "true", "*"];
        for rpc in with_field("filter")? {
            let (filters, orders) = (rpc.filters(), rpc.orders());
            ensure!(!filters.is_empty() && orders.is_empty() != rpc.has("order_by"), "{} does not say its fields", rpc.name());
            for name in columns.iter().chain(&INJECTIONS).map(|name| (*name).to_owned()) {
                if !filters.contains(&name) {
                    let answer = ask(world, &rpc, "filter", &format!("{name} = \"x\"")).await?;
                    if !is_refused(&answer, "filter") {
                        wrong.push(format!("{} filters by {name}: {}", rpc.name(), answer.short()));
                    }
                }
                if rpc.has("order_by") && !orders.contains(&name) {
                    for order in [name.clone(), format!("{name} desc"), format!("{}, {name}", orders[0])] {
                        let answer = ask(world, &rpc, "order_by", &order).await?;
                        if !is_refused(&answer, "order_by") {
                            wrong.push(format!("{} sorts by {order}: {}", rpc.name(), answer.short()));
                        }
                    }
                }
            }
            // And each that is declared is known.
            for order in &orders {
                let answer = ask(world, &rpc, "order_by", &format!("{order} desc")).await?;
                ensure!(answer.code == Code::Ok, "{} by {order}: {}", rpc.name(), answer.short());
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// However long and deep it is, it is refused at once.
    async fn what_is_too_much_is_refused_at_once(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("filter")? {
            let field = rpc.filters().into_iter().next().unwrap_or_default();
            let term = format!("{field} = \"x\"");
            let many = |word: &str, count: usize| vec![term.as_str(); count].join(word);
            let long = "x".repeat(200_000);
            let texts = [
                ("filter", format!("{}{term}{}", "(".repeat(10_000), ")".repeat(10_000))),
                ("filter", format!("{}{term}{}", "(".repeat(9), ")".repeat(9))),
                ("filter", "(".repeat(200_000)),
                ("filter", format!("{field} = \"{long}\"")),
                ("filter", format!("{long} = 1")),
                ("filter", format!("{field} = \"{}", "\\".repeat(200_000))),
                ("filter", many(" AND ", 10_000)),
                ("filter", many(" OR ", 10_000)),
                ("filter", many(" OR ", 33)),
                ("filter", format!("{}{term}", "NOT ".repeat(10_000))),
                ("filter", format!("{}{term}", "NOT (".repeat(200))),
                ("filter", " ".repeat(200_000)),
                ("order_by", long.clone()),
                ("order_by", vec![rpc.orders().first().cloned().unwrap_or_default(); 10_000].join(",")),
                ("order_by", ",".repeat(200_000)),
                ("order_by", " ".repeat(200_000)),
                ("page_token", long.clone()),
            ];
            for (at, text) in texts.into_iter().filter(|(at, _)| rpc.has(at)) {
                // The machine may have other work; what is slow by itself is slow each time.
                let (mut answer, mut took) = (None, Duration::MAX);
                for _ in 0..3 {
                    let begun = Instant::now();
                    answer = Some(ask(world, &rpc, at, &text).await?);
                    took = took.min(begun.elapsed());
                    if took < SOON {
                        break;
                    }
                }
                let answer = answer.context("it was asked")?;
                if !is_refused(&answer, at) || took >= SOON {
                    let begin: String = text.chars().take(40).collect();
                    wrong.push(format!("{} with {at} {begin:?}... after {took:?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

async fn ask(world: &World, rpc: &Rpc, field: &str, text: &str) -> Result<Answer> {
    let caller = world.caller(rpc);
    let body = with(&good(rpc, caller)?, field, Value::String(text.to_owned()))?;
    world.wire.call_as(rpc, body, &caller.token()).await
}

fn is_refused(answer: &Answer, field: &str) -> bool {
    answer.code == Code::InvalidArgument && answer.violations() == [field]
}

/// Whether there is no row.
fn is_empty(rpc: &Rpc, answer: &Answer) -> Result<bool> {
    let message = message(rpc, answer)?;
    let rows = message.fields().find_map(|(_, value)| value.as_list().map(<[Value]>::len));
    Ok(rows.unwrap_or_default() == 0)
}
