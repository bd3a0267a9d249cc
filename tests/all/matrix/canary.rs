//! Canaries: every free text of other accounts, and every secret, is a word that is looked for wherever somebody else could see it.

use anyhow::{Context, Result, ensure};
use prost::Message;
use prost_reflect::Value;
use tenantry::tables::{Table, tables};
use tenantry_tests::{Db, Harness, Tally, both};
use uuid::Uuid;

use super::{
    contract::{Rpc, rpcs},
    raw::Answer,
    request::{good, with},
    world::{Owned, World},
};

/// What is looked for.
const CANARY: &str = "canary";

/// Columns whose texts are words of the program or of a standard, or name this machine, and not what anybody has written.
const WORDS: [&str; 21] = [
    "backend",
    "billing_currency",
    "cadence",
    "category",
    "currency",
    "deleted_by",
    "desired_state",
    "health",
    "held_by",
    "kind",
    "lease_holder",
    "method",
    "node",
    "portal",
    "resume_state",
    "role",
    "state",
    "subject_kind",
    "time_zone",
    // The step of an operation.
    "name",
    "version",
];

both! {
    async fn no_answer_holds_what_others_have_written(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let world = World::make(&h).await?;
        let planted = plant(&h, &[&world.tenants[1], &world.resellers[1], &world.customers[1]]).await?;
        ensure!(planted > 100, "only {planted} texts were planted");
        let mut tally = Tally::new("H2 canaries", &h);
        let mut words = 0;
        for one in [&world.tenants[0], &world.resellers[0], &world.customers[0]] {
            for rpc in rpcs()?.iter().filter(|rpc| rpc.portal() == Some(one.session.portal())) {
                tally.owes(rpc.name(), &one.name);
                for request in requests(rpc, one)? {
                    let answer = world.wire.call_as(rpc, request, one.token()).await?;
                    words += answer.body.len();
                    tally.tried(rpc.name(), &one.name, found(&answer));
                }
            }
        }
        ensure!(words > 10_000, "only {words} bytes were answered");
        // They are there to be found: the vendor sees them.
        let vendors = rpcs()?.into_iter().find(|rpc| rpc.name() == "MasterAdminService/ListTenants").context("the vendor lists tenants")?;
        let answer = world.wire.call_as(&vendors, good(&vendors, &world.platform)?.encode_to_vec().into(), world.platform.token()).await?;
        ensure!(found(&answer).is_some(), "the vendor sees no canary: {}", answer.short());
        tally.done()
    }
}

/// A good request, and for lists one for each filter that would find a canary.
fn requests(rpc: &Rpc, one: &Owned) -> Result<Vec<bytes::Bytes>> {
    let request = good(rpc, one)?;
    let mut requests = vec![request.encode_to_vec().into()];
    if rpc.method.input().get_field_by_name("filter").is_some() {
        for field in rpc.filters() {
            requests.push(with(&request, "filter", Value::String(format!("{field} : \"anary\"")))?);
            requests.push(with(&request, "filter", Value::String(format!("{field} != \"\"")))?);
        }
    }
    Ok(requests)
}

/// Where an answer holds a canary.
fn found(answer: &Answer) -> Option<String> {
    let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|w| w.eq_ignore_ascii_case(CANARY.as_bytes()));
    let is_found = holds(&answer.body)
        || holds(&answer.details)
        || holds(answer.message.as_bytes())
        || answer.head.iter().any(|line| holds(line.as_bytes()));
    is_found.then(|| format!("{answer:?}"))
}

/// Writes a canary into every free text of some accounts, past the server; answers how many.
async fn plant(h: &Harness, accounts: &[&Owned]) -> Result<u64> {
    let mut db = Db::open(&h.settings).await?;
    let mut planted = 0;
    for Table { name: table, .. } in tables() {
        let columns = db.columns(&table).await?;
        let has = |name: &str| columns.iter().any(|(column, _)| column == name);
        for account in accounts {
            let id = |prefix: &str| {
                account
                    .ids
                    .get(prefix)
                    .and_then(|id| Uuid::parse_str(id.split('_').nth(1)?).ok())
                    .map(|id| db.id(id))
            };
            let (tenant, reseller) = match account.session.portal() {
                portal_client::pb::Portal::Tenant => (id("ten"), None),
                _ => (None, id("res")),
            };
            let rows = match (tenant, reseller) {
                (Some(id), _) if table == "tenant" => format!("id = {id}"),
                (_, Some(id)) if table == "reseller" => format!("id = {id}"),
                (Some(id), _) if table == "user" => format!("id IN (SELECT user_id FROM membership WHERE tenant_id = {id})"),
                (_, Some(id)) if table == "user" => format!("id IN (SELECT user_id FROM membership WHERE reseller_id = {id})"),
                (Some(id), _) if has("tenant_id") && table != "tenant" => format!("tenant_id = {id}"),
                // What is a customer's is planted with the customer.
                (_, Some(id)) if has("reseller_id") && table != "tenant" => format!("reseller_id = {id}"),
                _ => continue,
            };
            for (column, kind) in columns.iter().filter(|(column, _)| !WORDS.contains(&column.as_str())) {
                let text = format!("'{CANARY} ' || {}", db.random());
                let value = match kind.as_str() {
                    "text" => text,
                    "jsonb" => db.json(&text),
                    _ => continue,
                };
                planted += db
                    .execute(&format!("UPDATE \"{table}\" SET \"{column}\" = {value} WHERE {rows}"))
                    .await?;
            }
        }
    }
    Ok(planted)
}
