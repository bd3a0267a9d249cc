//! Each field that the contract declares for a list finds rows, and each order sorts them, in both directions.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, SecondsFormat};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};
use tenantry_tests::{Harness, both};

use super::{message, rows::Busy, with_field};
use crate::matrix::{
    World,
    contract::Rpc,
    request::{good, set},
};

both! {
    /// A row is among those with its value, and not among the others.
    async fn each_field_finds_what_has_its_value(h: Harness) -> Result<()> {
        let Busy { world, .. } = Busy::of(h.database()).await?;
        let (mut wrong, mut asked, mut useful) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for rpc in with_field("page_token")? {
            let all = list(world, &rpc, "filter", "").await?;
            for field in rpc.filters() {
                let mut found = false;
                for row in &all {
                    let Some(Key { text, .. }) = key(row, &field) else { continue };
                    let id = id(row)?;
                    let with = ids(&list(world, &rpc, "filter", &format!("{field} = \"{text}\"")).await?)?;
                    let without = ids(&list(world, &rpc, "filter", &format!("{field} != \"{text}\"")).await?)?;
                    if with.contains(&id) && without.contains(&id) {
                        wrong.push(format!("{} by {field}: {id} has {text} and has it not", rpc.name()));
                    }
                    found = with.contains(&id) && !without.contains(&id);
                    // What is done by the vendor's staff is not found by who did it.
                    if found {
                        break;
                    }
                }
                // Portals that ask with the same message have the same fields, of which some are empty in all that one of them sees.
                let asks = (rpc.method.input().full_name().to_owned(), field);
                if found {
                    useful.insert(asks.clone());
                }
                asked.insert(asks);
            }
        }
        wrong.extend(asked.difference(&useful).map(|(request, field)| format!("{request} finds nothing by {field}")));
        ensure!(asked.len() >= 60, "only {} fields are declared", asked.len());
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    async fn each_order_sorts_both_ways(h: Harness) -> Result<()> {
        let Busy { world, .. } = Busy::of(h.database()).await?;
        let (mut wrong, mut asked) = (Vec::new(), 0);
        for rpc in with_field("page_token")? {
            for field in rpc.orders() {
                for (order, is_back) in [(field.clone(), false), (format!("{field} asc"), false), (format!("{field} desc"), true)] {
                    asked += 1;
                    let rows = list(world, &rpc, "order_by", &order).await?;
                    let keys = rows.iter().map(|row| key(row, &field).map(|key| key.rank)).collect::<Option<Vec<_>>>();
                    let keys = keys.with_context(|| format!("{} does not answer {field}", rpc.name()))?;
                    let sorted = keys.is_sorted_by(|one, next| if is_back { one >= next } else { one <= next });
                    if keys.len() < 4 || !sorted {
                        wrong.push(format!("{} by {order}: {keys:?}", rpc.name()));
                    }
                }
            }
        }
        ensure!(asked >= 100, "only {asked} orders are declared");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// The rows of a list, with one argument.
async fn list(world: &World, rpc: &Rpc, argument: &str, value: &str) -> Result<Vec<DynamicMessage>> {
    let caller = world.caller(rpc);
    let mut request = good(rpc, caller)?;
    set(&mut request, "page_size", Value::I32(200))?;
    set(&mut request, argument, Value::String(value.to_owned()))?;
    let answer = world.wire.call_as(rpc, request.encode_to_vec().into(), &caller.token()).await;
    let message = message(rpc, &answer?).with_context(|| format!("{argument} {value}"))?;
    let rows = message.fields().find_map(|(_, value)| value.as_list().map(<[Value]>::to_vec));
    Ok(rows
        .unwrap_or_default()
        .iter()
        .filter_map(|row| row.as_message().cloned())
        .collect())
}

fn id(row: &DynamicMessage) -> Result<String> {
    let id = row.get_field_by_name("id").context("a row without an id")?;
    Ok(id.as_str().unwrap_or_default().to_owned())
}

fn ids(rows: &[DynamicMessage]) -> Result<Vec<String>> {
    rows.iter().map(id).collect()
}

/// A value as a filter writes it, and its rank among others of its field. Databases have orders of their own for texts, which agree on first letters.
struct Key {
    text: String,
    rank: (i64, String),
}

/// The value of a field in a row; `contact_email` is that of the contact. None where there is none.
fn key(row: &DynamicMessage, name: &str) -> Option<Key> {
    let Some(field) = row.descriptor().get_field_by_name(name) else {
        let (outer, inner) = name.split_once('_')?;
        return key(row.get_field_by_name(outer)?.as_message()?, inner);
    };
    let first = |text: &str| (0, text.chars().take(1).collect());
    match (&*row.get_field(&field), field.kind()) {
        (Value::String(text), _) if !text.is_empty() => Some(Key {
            text: text.clone(),
            rank: first(text),
        }),
        (Value::EnumNumber(number), Kind::Enum(of)) => {
            let unspecified = of.get_value(0)?;
            let value = of.get_value(*number)?;
            let text = value
                .name()
                .strip_prefix(unspecified.name().strip_suffix("UNSPECIFIED")?)?
                .to_owned();
            let rank = (0, text.to_lowercase());
            Some(Key { text, rank })
        }
        (Value::Message(inner), _) if inner.descriptor().name() == "Money" => {
            let minor = inner.get_field_by_name("minor_units")?.as_i64()?;
            Some(Key {
                text: minor.to_string(),
                rank: (minor, String::new()),
            })
        }
        (Value::Message(inner), _) if row.has_field(&field) => {
            let (seconds, nanos) = (
                inner.get_field_by_name("seconds")?.as_i64()?,
                inner.get_field_by_name("nanos")?.as_i32()?,
            );
            let time = DateTime::from_timestamp(seconds, nanos.unsigned_abs())?;
            Some(Key {
                text: time.to_rfc3339_opts(SecondsFormat::Micros, true),
                rank: (time.timestamp_micros(), String::new()),
            })
        }
        _ => None,
    }
}
