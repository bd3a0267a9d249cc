//! Two worlds: what an account is answered does not depend on what others have and do. The same script runs twice, alone on a server and on one where others are
//! busy, and both transcripts are the same.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use portal_client::{Code, pb};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use regex::Regex;
use tenantry_tests::{Harness, PASSWORD, Tally, both, make};

use super::{
    contract::{Rpc, rpcs},
    raw::{Answer, Wire},
    request::{good, with},
    world::Owned,
};

/// What each RPC is asked.
const QUESTIONS: [&str; 4] = ["all that is needed", "nothing", "a page of one", "no message"];

/// The answers of a world, by RPC and question.
type Transcript = HashMap<(String, &'static str), String>;

both! {
    async fn what_others_have_and_do_changes_no_answer(h: Harness) -> Result<()> {
        let alone = transcript(&Harness::alone(h.database()).await?, false).await?;
        let among = transcript(&Harness::alone(h.database()).await?, true).await?;
        let mut tally = Tally::new("H3 two worlds", &h);
        for rpc in script()? {
            for question in QUESTIONS.iter().filter(|question| applies(&rpc, question)) {
                tally.owes(rpc.name(), question);
                let key = (rpc.name(), *question);
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

/// All RPCs of the accounts' portals: those that only read before those that change what is read.
fn script() -> Result<Vec<Rpc>> {
    let (reading, writing): (Vec<_>, Vec<_>) = rpcs()?
        .into_iter()
        .filter(|rpc| [Some(pb::Portal::Tenant), Some(pb::Portal::Reseller)].contains(&rpc.portal()))
        .partition(|rpc| {
            ["Get", "List", "Watch", "Tail"]
                .iter()
                .any(|verb| rpc.method.name().starts_with(verb))
        });
    Ok(reading.into_iter().chain(writing).collect())
}

fn applies(rpc: &Rpc, question: &str) -> bool {
    question != "a page of one" || rpc.method.input().get_field_by_name("page_size").is_some()
}

/// Runs the script as the admins of a tenant and of a reseller.
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

async fn mine(h: &Harness) -> Result<Transcript> {
    let (reseller, customer) = Owned::reseller(h, "watched").await?;
    let wire = Wire::to(h)?;
    let mut mask = Mask::new()?;
    let mut transcript = Transcript::new();
    for rpc in script()? {
        let me = if rpc.portal() == Some(pb::Portal::Tenant) {
            &customer
        } else {
            &reseller
        };
        for question in QUESTIONS.iter().filter(|question| applies(&rpc, question)) {
            let whole = good(&rpc, me)?;
            let body: Bytes = match *question {
                "nothing" => Bytes::new(),
                "a page of one" => with(&whole, "page_size", Value::I32(1))?,
                "no message" => super::raw::GARBAGE,
                _ => whole.encode_to_vec().into(),
            };
            let answer = wire.call_as(&rpc, body, me.token()).await?;
            transcript.insert((rpc.name(), *question), mask.answer(&rpc, &answer)?);
        }
    }
    Ok(transcript)
}

/// A tenant and a reseller come, are invoiced, pay, invite, look around, change things, and make mistakes.
async fn others(h: &Harness, round: u32) -> Result<()> {
    let reseller = h.reseller(&format!("busy-{round}")).await?;
    let tenant = h.customer(&reseller, &format!("busy-{round}-isp")).await?;
    let calls = tenant.admin().tenant();
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

/// What the machine did by then, and not what anybody wanted.
const OBSERVED: [&str; 9] = [
    "state",
    "health",
    "observed_generation",
    "restarts",
    "error",
    "url",
    "password",
    "resume_token",
    "memory_bytes",
];

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
            // How often it was measured and what was said by then is the machine's.
            let is_observed =
                ["DeploymentSample", "LogLine"].contains(&kind.name()) || (kind.name() == "Deployment" && OBSERVED.contains(&field.name()));
            let is_secret = ["password", "resume_token"].contains(&field.name());
            if is_observed || is_secret || ["samples", "lines"].contains(&field.name()) {
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
            // A sealed token says nothing but how long it is.
            Value::String(token) if path.ends_with("page_token") => *text += &format!("\n{path} = {} characters", token.len()),
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
