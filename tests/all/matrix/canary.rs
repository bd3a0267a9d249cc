//! Canaries: every free text of other accounts, and every secret, is a word that is looked for wherever somebody else could see it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use portal_client::{
    Code,
    pb::{Portal, Role},
};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, Value, prost_types::method_options::IdempotencyLevel};
use tenantry::tables::{Table, tables, words};
use tenantry_tests::{Db, Harness, Tally, both};
use uuid::Uuid;

use super::{
    contract::{Rpc, rpcs},
    hidden::Secrets,
    raw::Answer,
    request::{good, personal, with},
    world::{Owned, World, sign_in, sign_in_again},
};

/// What is looked for.
const CANARY: &str = "canary";

/// Columns with the codes of a standard, without which a row is none, and with the names by which machines and their work find their rows. With anything else in them
/// the rows would be left out of what they could leak from.
const CODES: [(&str, &str); 10] = [
    ("tenant", "billing_currency"),
    ("tenant", "time_zone"),
    ("subscription", "currency"),
    ("invoice", "currency"),
    ("payment", "currency"),
    ("commission", "currency"),
    ("deployment", "backend"),
    ("deployment", "node"),
    ("deployment", "lease_holder"),
    ("operation", "lease_holder"),
];

both! {
    async fn no_answer_holds_what_others_have_written(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let world = World::make(&h).await?;
        let mut secrets = Secrets::of(&h).await?;
        for one in world.accounts().chain([&world.platform]) {
            secrets.add_session(&one.name, &one.session());
            secrets.add("a link", one.link(&h, &format!("{}-secret", one.name)).await?.as_bytes());
        }
        ensure!(secrets.len() > 300, "only {} secrets are known", secrets.len());
        let mut tally = Tally::new("H2 canaries", &h);
        for rpc in rpcs()? {
            match rpc.portal() {
                Some(Portal::Master) => tally.owes(rpc.name(), "secrets for the vendor"),
                Some(Portal::Tenant) => TENANTS.iter().for_each(|name| tally.owes(rpc.name(), format!("all for {name}"))),
                Some(_) => tally.owes(rpc.name(), format!("all for {RESELLER}")),
                None => {
                    tally.owes(rpc.name(), "secrets for the vendor");
                    TENANTS.iter().chain([&RESELLER]).for_each(|name| tally.owes(rpc.name(), format!("all for {name}")));
                }
            }
        }
        // The vendor may see what all have written, but no secret; looked at while all of it can be read.
        let mut look = Look { tally, secrets, length: 0 };
        let vendor = Owned {
            name: "vendor".into(),
            session: sign_in(&h, &h.staff(Role::MasterAdmin).await?).await?.into(),
            ids: world.platform.ids.clone(),
            answers: BTreeMap::new(),
        };
        look.at_all(&h, &world, &vendor, "secrets for the vendor", false).await?;

        let planted = plant(&h, &[&world.tenants[1], &world.resellers[1], &world.customers[1]]).await?;
        ensure!(planted > 100, "only {planted} texts were planted");
        for one in [&world.tenants[0], &world.resellers[0], &world.customers[0]] {
            look.at_all(&h, &world, one, &format!("all for {}", one.name), true).await?;
        }
        ensure!(look.length > 10_000, "only {} bytes were answered", look.length);
        // They are there to be found: the vendor sees them.
        let vendors = rpcs()?.into_iter().find(|rpc| rpc.name() == "MasterAdminService/ListTenants").context("the vendor lists tenants")?;
        let answer = world.wire.call_as(&vendors, good(&vendors, &world.platform)?.encode_to_vec().into(), &world.platform.token()).await?;
        ensure!(found(&answer).is_some(), "the vendor sees no canary: {}", answer.short());
        look.tally.done()
    }
}

/// Whose answers are looked at, as [`World`] names them: two tenants, one of which is a reseller's customer, and the reseller.
const TENANTS: [&str; 2] = ["own", "near-isp"];
const RESELLER: &str = "near";

struct Look {
    tally: Tally,
    secrets: Secrets,
    /// Of all answers.
    length: usize,
}

impl Look {
    /// Looks at what somebody is answered by all RPCs of the own portal, and then by those of the sign-in service, some of which end sessions.
    async fn at_all(&mut self, h: &Harness, world: &World, one: &Owned, column: &str, is_canary: bool) -> Result<()> {
        let mut all = rpcs()?;
        all.retain(|rpc| rpc.portal().is_none_or(|portal| portal == one.session().portal()));
        all.sort_by_key(|rpc| rpc.portal().is_none());
        for rpc in &all {
            for at in 0.. {
                let (whole, token) = match rpc.portal() {
                    Some(_) => (good(rpc, one)?, one.token()),
                    None => signing_in(h, rpc, one, at).await?,
                };
                let Some(request) = requests(rpc, &whole)?.into_iter().nth(at) else {
                    break;
                };
                let answer = world.wire.call_as(rpc, request, &token).await?;
                self.length += answer.body.len();
                let wrong = refused(rpc, at, &answer).or_else(|| is_canary.then(|| found(&answer)).flatten());
                let secret = || {
                    parts(&answer)
                        .find_map(|part| self.secrets.find(part))
                        .map(|name| format!("{name}: {answer:?}"))
                };
                let wrong = wrong.or_else(secret);
                self.tally.tried(rpc.name(), column, wrong);
            }
        }
        Ok(())
    }
}

/// A request of the sign-in service by somebody who has just signed in, and the access token.
async fn signing_in(h: &Harness, rpc: &Rpc, one: &Owned, at: usize) -> Result<(DynamicMessage, String)> {
    let session = sign_in_again(h, &one.session()).await?;
    let link = match rpc.has("token") {
        true => {
            one.link(h, &format!("{}-{at}-{}", one.name, rpc.method.name().to_lowercase()))
                .await?
        }
        false => String::new(),
    };
    Ok((personal(rpc, one, &session, &link)?, session.access_token))
}

/// Where there was nothing to be looked at: a good request is answered, and none fails.
fn refused(rpc: &Rpc, at: usize, answer: &Answer) -> Option<String> {
    let reads = rpc.level() == IdempotencyLevel::NoSideEffects;
    let is_wrong = match answer.code {
        Code::Internal | Code::Unknown | Code::Unavailable => true,
        // There is a first admin already.
        Code::FailedPrecondition => at == 0 && reads,
        code => at == 0 && (reads || rpc.portal().is_none()) && code != Code::Ok,
    };
    is_wrong.then(|| format!("request {at}: {}", answer.short()))
}

/// A good request, for lists one for each filter that would find a canary, and one for each value of an enumeration.
fn requests(rpc: &Rpc, whole: &DynamicMessage) -> Result<Vec<Bytes>> {
    let mut requests = vec![whole.encode_to_vec().into()];
    if rpc.has("filter") {
        for field in rpc.filters() {
            requests.push(with(whole, "filter", Value::String(format!("{field} : \"anary\"")))?);
            requests.push(with(whole, "filter", Value::String(format!("{field} != \"\"")))?);
        }
    }
    for field in rpc.method.input().fields() {
        if let Kind::Enum(values) = field.kind() {
            for value in values.values() {
                requests.push(with(whole, field.name(), Value::EnumNumber(value.number()))?);
            }
        }
    }
    Ok(requests)
}

/// All that a caller can see.
fn parts(answer: &Answer) -> impl Iterator<Item = &[u8]> {
    let whole = [&answer.body[..], &answer.details, answer.message.as_bytes()];
    whole.into_iter().chain(answer.head.iter().map(String::as_bytes))
}

/// Where an answer holds a canary.
fn found(answer: &Answer) -> Option<String> {
    let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|w| w.eq_ignore_ascii_case(CANARY.as_bytes()));
    parts(answer).any(holds).then(|| format!("{answer:?}"))
}

/// Writes a canary into every free text of some accounts, past the server, into each table that has any; answers how many.
async fn plant(h: &Harness, accounts: &[&Owned]) -> Result<u64> {
    let mut db = Db::open(&h.settings).await?;
    let words = words();
    ensure!(words.len() > 20, "only these are words of the program: {words:?}");
    let mut planted = BTreeMap::new();
    for Table { name: table, rule, .. } in tables() {
        let columns = db.columns(&table).await?;
        let is_free =
            |column: &str| !CODES.contains(&(table.as_str(), column)) && !words.iter().any(|(of, word)| *of == table && word == column);
        let has = |name: &str| columns.iter().any(|(column, _)| column == name);
        for account in accounts {
            let id = |prefix: &str| {
                account
                    .ids
                    .get(prefix)
                    .and_then(|id| Uuid::parse_str(id.split('_').nth(1)?).ok())
                    .map(|id| db.id(id))
            };
            let (tenant, reseller) = match account.session().portal() {
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
            for (column, kind) in columns.iter().filter(|(column, _)| is_free(column)) {
                let text = format!("'{CANARY} ' || {}", db.random());
                let value = match kind.as_str() {
                    "text" => text,
                    "jsonb" => db.json(&text),
                    _ => continue,
                };
                *planted.entry((table.clone(), column.clone())).or_default() += db
                    .execute(&format!("UPDATE \"{table}\" SET \"{column}\" = {value} WHERE {rows}"))
                    .await?;
            }
        }
        let is_owned = !["platform", "catalogue"].contains(&rule) || table == "user";
        let free = columns
            .iter()
            .filter(|(column, kind)| ["text", "jsonb"].contains(&kind.as_str()) && is_free(column));
        for (column, _) in free.filter(|_| is_owned) {
            ensure!(
                planted.get(&(table.clone(), column.clone())).is_some_and(|rows| *rows > 0),
                "{table}.{column} holds no canary"
            );
        }
    }
    Ok(planted.values().sum())
}
