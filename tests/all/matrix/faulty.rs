//! A faulty database: of each RPC one call to it after another fails, in four ways, and then all of them now and then. Callers who ask again get every RPC
//! answered, and nothing is lost, done twice or left half done.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use chrono::TimeDelta;
use portal_client::{Client, Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value, prost_types::method_options::IdempotencyLevel};
use tenantry::{cx::App, store::Fault};
use tenantry_tests::{Database, Db, Harness, Tally, both};

use super::{
    contract::{Rpc, rpcs},
    raw::{Answer, Wire},
    request::{in_earnest, personal, set},
    trail_steps::steps,
    world::{World, sign_in},
};
use crate::first_admin;

/// How many calls to the database fail, of a million, where it may be any.
const NOW_AND_THEN: u32 = 150_000;
/// How often the RPCs that must have one effect are called then.
const ROUNDS: usize = 4;
/// How often a caller asks again; each of some ten calls to the database may fail, and what goes on by itself takes some of the faults.
const TRIES: usize = 80;
/// How long a call to the database takes at least that is made to take long.
const SLOW: Duration = Duration::from_millis(100);

/// What must hold, as a question for the rows with which it does not.
const INVARIANTS: [(&str, &str); 11] = [
    (
        "an invoice is the sum of its lines",
        "SELECT count(*) FROM invoice WHERE total <> (SELECT coalesce(sum(amount), 0) FROM invoice_line WHERE invoice_id = invoice.id)",
    ),
    (
        "what is paid is the sum of the payments",
        "SELECT count(*) FROM invoice WHERE amount_paid <> (SELECT coalesce(sum(amount), 0) FROM payment WHERE invoice_id = invoice.id)",
    ),
    (
        "a payment is recorded once",
        "SELECT count(*) FROM (SELECT 1 FROM payment WHERE reference LIKE 'faulty%' GROUP BY reference HAVING count(*) > 1) AS twice",
    ),
    (
        "a payment has one entry in its tenant's trail",
        "SELECT abs((SELECT count(*) FROM payment) - (SELECT count(*) FROM audit_entry WHERE action = 'payment.record' AND result = 'OK' AND tenant_id IS NOT NULL))",
    ),
    (
        "a period of a subscription is invoiced once",
        "SELECT count(*) FROM (SELECT 1 FROM invoice GROUP BY subscription_id, period_start HAVING count(*) > 1) AS twice",
    ),
    (
        "no period of a subscription is left out",
        "SELECT count(*) FROM subscription WHERE period_start IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM invoice WHERE subscription_id = subscription.id AND invoice.period_start = subscription.period_start)",
    ),
    (
        "an operation is done or undone, with all its steps",
        "SELECT count(*) FROM operation JOIN operation_step ON operation_step.operation_id = operation.id
            WHERE NOT (operation.state = 'succeeded' AND operation_step.state = 'succeeded')
            AND NOT (operation.state = 'failed' AND operation_step.state NOT IN ('running', 'succeeded'))",
    ),
    (
        "a reseller earns on each payment of a customer",
        "SELECT count(*) FROM payment JOIN tenant ON tenant.id = payment.tenant_id WHERE reseller_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM commission WHERE payment_id = payment.id)",
    ),
    (
        "a plan is made once",
        "SELECT count(*) FROM (SELECT 1 FROM plan WHERE display_name LIKE 'faulty%' GROUP BY display_name HAVING count(*) > 1) AS twice",
    ),
    (
        "a request that was answered has its answer",
        "SELECT count(*) FROM idempotency_record WHERE CAST(answer AS text) = 'null'",
    ),
    (
        "whoever is invited is known once",
        "SELECT count(*) FROM (SELECT 1 FROM \"user\" GROUP BY lower(email) HAVING count(*) > 1) AS twice",
    ),
];

both! {
    async fn a_database_that_fails_now_and_then_loses_and_doubles_nothing(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let world = World::make(&h).await?;
        let faults = h.running.app.store.faults();
        let mut tally = Tally::new("H5 faulty database", &h);
        // A file has no connection that could be lost.
        let ways = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Lost || h.database() == Database::Postgres).collect::<Vec<_>>();
        for (rpc, fault) in rpcs()?.iter().flat_map(|rpc| ways.iter().map(|fault| (rpc.name(), *fault))) {
            tally.owes(rpc, format!("{fault:?}"));
        }
        // A plan with room for all that is made below, and somebody whose sessions may end.
        let room = rpcs()?.into_iter().find(|rpc| rpc.name() == "MasterAdminService/UpdatePlan").context("plans change")?;
        let plan = in_earnest(&room, &world.platform, &request_id())?;
        ensure!(world.wire.call_as(&room, plan.encode_to_vec().into(), &world.platform.token()).await?.code == Code::Ok);
        let leaving = h.staff(pb::Role::MasterViewer).await?;

        let mut trials = Vec::new();
        for fault in ways {
            let name = format!("{fault:?}").to_lowercase();
            // What other RPCs have stopped meanwhile runs again.
            let start = pb::StartDeploymentRequest { deployment_id: world.tenants[0].ids.get("dep").cloned().unwrap_or_default(), ..Default::default() };
            h.master().start_deployment(start).await?;
            let steps = steps(&h, &world, &name).await?;
            let others = rpcs()?.into_iter().filter(|rpc| !steps.iter().any(|(name, _)| *name == rpc.name()));
            let mut all = Vec::new();
            for (name, request) in &steps {
                let rpc = rpcs()?.into_iter().find(|rpc| rpc.name() == *name).context(*name)?;
                let request = with_a_key(&rpc, request)?;
                all.push((rpc, Some(request)));
            }
            all.extend(others.map(|rpc| (rpc, None)));
            for (rpc, made) in all {
                if rpc.method.name() == "CreateFirstAdmin" {
                    tally.tried(rpc.name(), format!("{fault:?}"), make_first_admin(&h, &rpc, fault).await?);
                    continue;
                }
                // It takes its time.
                world.fresh(&h).await?;
                let (token, request) = request(&h, &world, &leaving, &rpc, &format!("faulty-{name}")).await?;
                let trial = try_all(&world.wire, &h.running.app, &rpc, fault, made.unwrap_or(request), &token).await?;
                tally.tried(rpc.name(), format!("{fault:?}"), trial.wrong());
                trials.push(trial);
            }
        }
        // What makes something new can be done again and again; what changes something finds it in the state for that once.
        let makes = |rpc: &&Rpc| rpc.has("request_id") && (!rpc.has("etag") || rpc.has("reference"));
        for (rpc, round) in rpcs()?.iter().filter(makes).flat_map(|rpc| (0..ROUNDS).map(move |round| (rpc, round))) {
            tally.owes(rpc.name(), "now and then");
            world.fresh(&h).await?;
            let (token, request) = request(&h, &world, &leaving, rpc, &format!("faulty-now-{round}")).await?;
            faults.set(NOW_AND_THEN);
            let answer = insist(&world.wire, rpc, &request, &token).await;
            faults.set(0);
            let answer = answer?;
            tally.tried(rpc.name(), "now and then", is_fault(&answer).then(|| answer.short()));
        }
        // What goes on by itself meanwhile must get through as well; among it is the next month's invoice.
        faults.set(NOW_AND_THEN / 3);
        h.clock.set_business(h.clock.business() + TimeDelta::days(32));
        tokio::time::sleep(Duration::from_secs(10)).await;
        faults.set(0);
        println!("H5 on {:?}: faults {:?}", h.database(), faults.fell());
        settled(&h).await?;

        let mut db = Db::open(&h.settings).await?;
        let changed = changed(&mut db).await?;
        for trial in &trials {
            tally.tried(&trial.rpc, format!("{:?}", trial.fault), trial.unlike(&changed));
        }
        for (what, question) in INVARIANTS {
            tally.owes("afterwards", what);
            let wrong = db.number(question).await?;
            tally.tried("afterwards", what, (wrong != 0).then(|| format!("{wrong} rows")));
        }
        tally.owes("afterwards", "every change is in an audit trail that verifies");
        let broken = h.verify(None).await?.findings;
        tally.tried("afterwards", "every change is in an audit trail that verifies", (!broken.is_empty()).then(|| format!("{broken:?}")));
        if h.database() == Database::Postgres {
            tally.owes("afterwards", "nothing holds a transaction");
            let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND state_change < now() - interval '2 seconds'";
            let wrong = db.number(idle).await?;
            tally.tried("afterwards", "nothing holds a transaction", (wrong != 0).then(|| format!("{wrong} connections")));
        }
        tally.done()
    }
}

/// An RPC that was asked until it got through.
struct Trial {
    rpc: String,
    fault: Fault,
    /// Whether it says of itself that it changes something.
    changes: bool,
    /// Whether the same request has one effect by the contract.
    once: bool,
    /// How many faults fell within it.
    fell: usize,
    /// How many tries were answered.
    done: usize,
    /// By the request ids, each try.
    tries: Vec<String>,
    last: Answer,
}

impl Trial {
    fn wrong(&self) -> Option<String> {
        let is_untouched = (self.fell == 0).then(|| format!("no fault fell within it in {} tries", self.tries.len()));
        is_untouched.or_else(|| is_fault(&self.last).then(|| format!("after {} tries: {}", self.tries.len(), self.last.short())))
    }

    /// What is wrong with the entries that were left. Of tries with one key one has changed something; of others each that was answered, and those that were told
    /// that they had failed where the fault came after the change.
    fn unlike(&self, changed: &BTreeSet<String>) -> Option<String> {
        let found = self.tries.iter().filter(|id| changed.contains(*id)).count();
        let is_right = match self.changes {
            false => found == 0,
            true if self.once => found == 1,
            true => found >= self.done.max(1),
        };
        (!is_right).then(|| {
            let (tries, last) = (self.tries.len(), self.last.short());
            format!(
                "{found} of {tries} tries have left an entry, {} were answered, the last with {last}",
                self.done
            )
        })
    }
}

fn is_fault(answer: &Answer) -> bool {
    [Code::Unavailable, Code::Internal, Code::Unknown, Code::DeadlineExceeded].contains(&answer.code)
}

/// The ids of all requests that have changed something.
async fn changed(db: &mut Db) -> Result<BTreeSet<String>> {
    Ok(db
        .texts("SELECT DISTINCT request_id FROM audit_entry WHERE result = 'OK'")
        .await?
        .into_iter()
        .collect())
}

/// Calls with the same request again and again: the first call to the database fails, then the second, and so on until no call is left that could.
async fn try_all(wire: &Wire, app: &App, rpc: &Rpc, fault: Fault, request: Bytes, token: &str) -> Result<Trial> {
    let faults = app.store.faults();
    let (mut fell, mut done, mut tries) = (0, 0, Vec::new());
    loop {
        // So that it is looked up who calls.
        app.sessions.invalidate_all();
        faults.aim(fault, fell as u64);
        let begun = Instant::now();
        let called = wire.call_with_id(rpc, request.clone(), token).await;
        let came = faults.came();
        let (answer, id) = called?;
        tries.push(id);
        // Another than this call may have had it.
        let is_hit = came && (answer.code == Code::Unavailable || (fault == Fault::Slow && begun.elapsed() >= SLOW));
        fell += usize::from(is_hit);
        done += usize::from(answer.code == Code::Ok);
        let is_through = answer.code != Code::Unavailable && fell > 0;
        if is_through || tries.len() == TRIES {
            return Ok(Trial {
                rpc: rpc.name(),
                fault,
                changes: rpc.level() == IdempotencyLevel::IdempotencyUnknown,
                once: rpc.has("request_id"),
                fell,
                done,
                tries,
                last: answer,
            });
        }
    }
}

/// With a key, where the contract has one: then it has one effect, however often it is asked.
fn with_a_key(rpc: &Rpc, request: &[u8]) -> Result<Bytes> {
    let mut message = DynamicMessage::decode(rpc.method.input(), request)?;
    if rpc.has("request_id") {
        set(&mut message, "request_id", Value::String(request_id()))?;
    }
    Ok(message.encode_to_vec().into())
}

/// The first admin is made on a server that has none. Answers what is wrong.
async fn make_first_admin(h: &Harness, rpc: &Rpc, fault: Fault) -> Result<Option<String>> {
    let server = first_admin::without_admin(h.database()).await?;
    let request = first_admin::request(&first_admin::token(&server.running)?);
    let wire = Wire::at(&server.origin())?;
    let trial = try_all(&wire, &server.running.app, rpc, fault, request.encode_to_vec().into(), "").await?;
    let changed = changed(&mut Db::open(&server.settings).await?).await?;
    Ok(trial.wrong().or_else(|| trial.unlike(&changed)))
}

/// A request in earnest that can be told from those of other rounds, and the token to ask it with. Some RPCs of the sign-in service end sessions: there it is that
/// of somebody who has just signed in.
async fn request(h: &Harness, world: &World, leaving: &Client, rpc: &Rpc, name: &str) -> Result<(String, Bytes)> {
    let caller = world.caller(rpc);
    if rpc.portal().is_none() {
        let session = sign_in(h, leaving).await?;
        let link = match rpc.has("token") {
            true => caller.link(h, &format!("{name}-{}", rpc.method.name().to_lowercase())).await?,
            false => String::new(),
        };
        let request = personal(rpc, caller, &session, &link)?;
        return Ok((session.access_token.clone(), request.encode_to_vec().into()));
    }
    let mut request = in_earnest(rpc, caller, &request_id())?;
    for (path, outer) in [("reference", "reference"), ("plan.display_name", "plan")] {
        if rpc.has(outer) && !rpc.has("update_mask") {
            set(&mut request, path, Value::String(name.to_owned()))?;
        }
    }
    Ok((caller.token(), request.encode_to_vec().into()))
}

/// Asks again with the same request where the server says that it could not.
async fn insist(wire: &Wire, rpc: &Rpc, request: &Bytes, token: &str) -> Result<Answer> {
    let mut tries = 1;
    loop {
        let answer = wire.call_as(rpc, request.clone(), token).await?;
        if answer.code != Code::Unavailable || tries == TRIES {
            return Ok(answer);
        }
        tries += 1;
    }
}

/// Waits until all that was begun has ended.
async fn settled(h: &Harness) -> Result<()> {
    let begun = Instant::now();
    loop {
        let request = pb::ListOperationsRequest {
            filter: "state = RUNNING OR state = PENDING OR state = COMPENSATING".into(),
            ..Default::default()
        };
        let left = h.master().list_operations(request).await?.operations;
        if left.is_empty() {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(120), "still at work: {left:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
