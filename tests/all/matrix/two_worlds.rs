//! Two worlds: what an account is answered does not depend on what others have and do. The same script runs twice, alone on a server and on one where others are
//! busy, and both transcripts are the same.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use chrono::{NaiveDate, TimeDelta, Utc};
use portal_client::{Code, pb};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value, prost_types::method_options::IdempotencyLevel};
use regex::Regex;
use tenantry::{deployments::deployment::entity as deployment, store::Resource};
use tenantry_tests::{Harness, PASSWORD, Tally, both, make};

use super::{
    contract::{Rpc, rpcs},
    raw::{Answer, GARBAGE, Wire},
    request::{good, personal, with},
    world::{Owned, sign_in, sign_in_again},
};
use crate::people::{accept, join, token};

/// What each RPC is asked.
const QUESTIONS: [&str; 5] = [
    "all that is needed",
    "nothing",
    "a page of one",
    "no message",
    "all that is needed, with the lowest role",
];
/// The vendor's RPCs: by whom nothing of them is to be had, and by the vendor about the things of one account, where nothing else is asked for.
const OF_THE_VENDOR: [&str; 2] = ["by a stranger", "by the vendor about them"];

/// The answers of a world, by RPC and question.
type Transcript = HashMap<(String, &'static str), String>;

both! {
    async fn what_others_have_and_do_changes_no_answer(h: Harness) -> Result<()> {
        let (alone, among) = loop {
            let day = today();
            let alone = transcript(&Harness::alone(h.database()).await?, false).await?;
            let among = transcript(&Harness::alone(h.database()).await?, true).await?;
            // What is billed from today is not what is billed from tomorrow.
            if today() == day {
                break (alone, among);
            }
        };
        let mut tally = Tally::new("H3 two worlds", &h);
        for rpc in rpcs()? {
            for question in questions(&rpc) {
                tally.owes(rpc.name(), question);
                let key = (rpc.name(), question);
                if let (Some(one), Some(other)) = (alone.get(&key), among.get(&key)) {
                    tally.tried(rpc.name(), question, (one != other).then(|| format!("alone:\n{one}\namong others:\n{other}")));
                }
            }
        }
        // There was something to be answered.
        let length: usize = alone.values().map(String::len).sum();
        ensure!(length > 20_000, "the transcript has {length} characters");
        tally.done()
    }
}

/// The days in the time zones of the tenants.
fn today() -> [NaiveDate; 3] {
    [0, 1, 2].map(|hours| (Utc::now() + TimeDelta::hours(hours)).date_naive())
}

fn reads(rpc: &Rpc) -> bool {
    rpc.level() == IdempotencyLevel::NoSideEffects
}

/// All RPCs: those that only read before those that change what is read.
fn script() -> Result<Vec<Rpc>> {
    let mut script = rpcs()?;
    script.sort_by_key(|rpc| !reads(rpc));
    Ok(script)
}

/// What is asked of an RPC; of each something.
fn questions(rpc: &Rpc) -> Vec<&'static str> {
    let is_about_one = rpc.needs_an_id() && reads(rpc);
    let all = QUESTIONS.into_iter().chain(OF_THE_VENDOR);
    let applies = |question: &&str| match *question {
        "by a stranger" => rpc.portal() == Some(pb::Portal::Master),
        "by the vendor about them" => rpc.portal() == Some(pb::Portal::Master) && is_about_one,
        _ if rpc.portal() == Some(pb::Portal::Master) => false,
        "a page of one" => rpc.has("page_size"),
        // What is asked of the sign-in service, everybody may ask.
        "all that is needed, with the lowest role" => rpc.portal().is_some(),
        _ => true,
    };
    all.filter(applies).collect()
}

/// Runs the script as the people of a tenant and of a reseller.
async fn transcript(h: &Harness, busy: bool) -> Result<Transcript> {
    let over = AtomicBool::new(false);
    let others = async {
        let mut round = 0;
        while busy && !over.load(Ordering::Relaxed) {
            others(h, round).await.context("what others do")?;
            round += 1;
        }
        Ok(round)
    };
    if busy {
        for round in 100..102 {
            self::others(h, round).await?;
        }
    }
    let mine = async {
        let outcome = mine(h).await;
        over.store(true, Ordering::Relaxed);
        outcome
    };
    let (rounds, transcript) = tokio::try_join!(others, mine)?;
    ensure!(!busy || rounds > 0, "nobody else did anything");
    Ok(transcript)
}

/// The names of the reseller and of its customer, by which the matrix makes up whom they invite.
const WATCHED: [&str; 2] = ["watched", "watched-isp"];

async fn mine(h: &Harness) -> Result<Transcript> {
    let (reseller, customer) = Owned::reseller(h, WATCHED[0]).await?;
    let of = |owned: &Owned, kind| owned.ids.get(kind).cloned().unwrap_or_default();
    let (tenant_id, reseller_id) = (of(&customer, "ten"), of(&reseller, "res"));
    let in_tenant = |name: &str, role| pb::InviteUserRequest {
        tenant_id: tenant_id.clone(),
        ..make::user(&h.name(name), role)
    };
    let in_reseller = |name: &str, role| pb::InviteUserRequest {
        reseller_id: reseller_id.clone(),
        ..make::user(&h.name(name), role)
    };
    // Whose sessions end, and who may least.
    let leaving = join(h, in_tenant("leaving", pb::Role::TenantAdmin)).await?;
    let lowest = [
        sign_in(h, &join(h, in_tenant("viewer", pb::Role::TenantViewer)).await?).await?,
        sign_in(h, &join(h, in_reseller("agent", pb::Role::ResellerAgent)).await?).await?,
    ];
    let leaving = sign_in(h, &leaving).await?;
    let mut ids = reseller.ids.clone();
    ids.extend(customer.ids.clone());
    ids.insert("pla", h.plan().await?.id.clone());
    let vendor = Owned {
        name: "vendor".into(),
        session: sign_in(h, h.admin()).await?.into(),
        ids,
        answers: Default::default(),
    };
    let wire = Wire::to(h)?;
    let mut mask = Mask::new()?;
    let mut transcript = Transcript::new();
    for rpc in script()? {
        let (me, lowest) = match rpc.portal() {
            Some(pb::Portal::Master) => (&vendor, &lowest[0]),
            Some(pb::Portal::Reseller) => (&reseller, &lowest[1]),
            _ => (&customer, &lowest[0]),
        };
        for question in questions(&rpc) {
            let mut bearer = me.token();
            let whole = if rpc.portal().is_some() {
                good(&rpc, me)?
            } else {
                let session = sign_in_again(h, &leaving).await?;
                let link = match rpc.has("token") {
                    true => {
                        customer
                            .link(h, &h.name(&format!("link-{}-{}", rpc.method.name(), question.len())))
                            .await?
                    }
                    false => String::new(),
                };
                bearer = session.access_token.clone();
                personal(&rpc, me, &session, &link)?
            };
            let body: Bytes = match question {
                "nothing" => Bytes::new(),
                "a page of one" => with(&whole, "page_size", Value::I32(1))?,
                "no message" => GARBAGE,
                _ => whole.encode_to_vec().into(),
            };
            let bearer = match question {
                "all that is needed, with the lowest role" | "by a stranger" => &lowest.access_token,
                _ => &bearer,
            };
            let answer = wire.call_as(&rpc, body, bearer).await?;
            transcript.insert((rpc.name(), question), mask.answer(&rpc, &answer)?);
        }
    }
    Ok(transcript)
}

/// A tenant and a reseller come, are invoiced, pay, invite, also whom the script invites, look around, change things, and make mistakes.
async fn others(h: &Harness, round: u32) -> Result<()> {
    let reseller = h.reseller(&format!("busy-{round}")).await?;
    let tenant = h.customer(&reseller, &format!("busy-{round}-isp")).await?;
    let calls = tenant.admin().tenant();
    for name in WATCHED {
        let person = |role| pb::InviteUserRequest {
            email: format!("{name}@matrix.example"),
            ..make::user(name, role)
        };
        let invited = calls.invite_user(person(pb::Role::TenantViewer)).await?;
        // Who has a password already has the same.
        accept(h, &token(&invited)?, PASSWORD).await?;
        reseller.admin().reseller().invite_user(person(pb::Role::ResellerAgent)).await?;
    }
    let invoice = calls
        .list_invoices(Default::default())
        .await?
        .invoices
        .pop()
        .context("a tenant has an invoice")?;
    h.master()
        .record_payment(make::payment(&invoice.id, make::money("EUR", 300)))
        .await?;
    tenant.viewer().await?;
    calls.list_audit_entries(Default::default()).await?;
    calls
        .stop_deployment(pb::StopDeploymentRequest {
            deployment_id: tenant.deployment_id.clone(),
            ..Default::default()
        })
        .await?;
    let wrong = pb::SignInRequest {
        portal: pb::Portal::Tenant.into(),
        email: "nobody@busy.example".into(),
        password: PASSWORD.into(),
        ..Default::default()
    };
    let refused = h.anybody(pb::Portal::Tenant).auth().sign_in(wrong).await;
    ensure!(refused.is_err(), "nobody has signed in");
    Ok(())
}

/// Takes out of an answer what is another each time: ids, moments, ports, measurements, secrets.
struct Mask {
    id: Regex,
    another: Regex,
    /// Ids in the order in which they were first told.
    ids: HashMap<String, usize>,
}

/// Moments; what the harness counts; the machine and the request; ports; the secrets of links; and the numbers of invoices, which count all that the seller has
/// written, as the law wants it.
const ANOTHER: &str = r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|\+00:00)|-1\d{3}\b|[0-9a-f]{32}|localhost:\d+|#[A-Za-z0-9_-]{20,}|INV-\d+";

/// Whether a field of an instance is what the machine did by then, and not what anybody wanted: what the audit trail leaves out, and besides it what is wrong and
/// where it is reached, which come with what was observed.
fn is_observed(field: &str) -> bool {
    deployment::Entity::UNAUDITED.contains(&field) || ["error", "url"].contains(&field)
}

impl Mask {
    fn new() -> Result<Self> {
        Ok(Self {
            id: Regex::new("([a-z]{3})_[0-9a-f]{32}")?,
            another: Regex::new(ANOTHER)?,
            ids: HashMap::new(),
        })
    }

    fn answer(&mut self, rpc: &Rpc, answer: &Answer) -> Result<String> {
        let mut text = format!("{:?}: {}\n", answer.code, self.words(&answer.message));
        text += &self.words(&String::from_utf8_lossy(&answer.details));
        for line in answer
            .head
            .iter()
            .filter(|line| !line.starts_with("grpc-status-details") && !line.starts_with("grpc-message"))
        {
            text += &format!("\n{}", self.words(line));
        }
        if answer.code == Code::Ok && !answer.body.is_empty() {
            let message = DynamicMessage::decode(rpc.method.output(), answer.first()?)?;
            self.message(&message, "", &mut text);
        }
        Ok(text)
    }

    fn message(&mut self, message: &DynamicMessage, before: &str, text: &mut String) {
        let kind = message.descriptor();
        if kind.full_name() == "google.protobuf.Timestamp" {
            return;
        }
        for field in kind.fields().filter(|field| message.has_field(field)) {
            let path = format!("{before}.{}", field.name());
            // How often it was measured and what was said by then is the machine's too.
            let inner = field.kind().as_message().map(|inner| inner.name().to_owned()).unwrap_or_default();
            if ["DeploymentSample", "LogLine"].contains(&inner.as_str()) || (kind.name() == "Deployment" && is_observed(field.name())) {
                continue;
            }
            self.value(&message.get_field(&field), &path, text);
        }
    }

    fn value(&mut self, value: &Value, path: &str, text: &mut String) {
        match value {
            Value::Message(inner) => self.message(inner, path, text),
            Value::List(items) => items
                .iter()
                .enumerate()
                .for_each(|(at, item)| self.value(item, &format!("{path}[{at}]"), text)),
            // A sealed token, a signed one and a password say nothing but how long they are.
            Value::String(token) if path.ends_with("_token") || path.ends_with("password") => {
                *text += &format!("\n{path} = {} characters", token.len())
            }
            Value::String(words) => *text += &format!("\n{path} = {}", self.words(words)),
            Value::Bytes(bytes) => *text += &format!("\n{path} = {}", self.words(&String::from_utf8_lossy(bytes))),
            other => *text += &format!("\n{path} = {other:?}"),
        }
    }

    fn words(&mut self, words: &str) -> String {
        let ids = &mut self.ids;
        let numbered = self.id.replace_all(words, |found: &regex::Captures<'_>| {
            let next = ids.len();
            format!("{}_{}", &found[1], ids.entry(found[0].to_owned()).or_insert(next))
        });
        self.another.replace_all(&numbered, "..").into_owned()
    }
}
