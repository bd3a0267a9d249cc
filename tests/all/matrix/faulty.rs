//! A faulty database: one call of a hundred to it fails, in four ways. Callers who ask again get every RPC answered, and nothing is lost, done twice or left half done.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Database, Db, Harness, Tally, both};

use super::{
    contract::{Rpc, rpcs},
    raw::{Answer, Wire},
    request::{good, in_earnest, set},
    world::{Owned, World, sign_in_again},
};

/// How many calls to the database fail, of a million, and how often RPCs are called then: all of them as it may happen, and those that must have one effect as it
/// hardly ever happens.
const FAULTS: [(u32, usize); 2] = [(10_000, 4), (150_000, 12)];
/// How often a caller asks again, where each of some ten calls to the database may have failed.
const TRIES: usize = 60;

/// What must hold, as a question for the rows with which it does not.
const INVARIANTS: [(&str, &str); 8] = [
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
        rpcs()?.iter().for_each(|rpc| tally.owes(rpc.name(), "answered"));
        let rounds = FAULTS.iter().flat_map(|(often, rounds)| (0..*rounds).map(move |round| (*often, format!("faulty-{often}-{round}"))));
        for (often, name) in rounds {
            let has_key = |rpc: &Rpc| rpc.method.input().get_field_by_name("request_id").is_some();
            for rpc in rpcs()?.iter().filter(|rpc| often == FAULTS[0].0 || has_key(rpc)) {
                // Some RPCs end sessions: each time by somebody who has just signed in.
                let caller = if rpc.portal().is_none() { &world.tenants[0] } else { world.caller(rpc) };
                let session = sign_in_again(&h, &caller.session).await?;
                let request = request(rpc, caller, &session, &name)?;
                faults.set(often);
                let answer = insist(world.wire.clone(), rpc, &request, &session.access_token).await;
                faults.set(0);
                let answer = answer?;
                let is_fault = [Code::Unavailable, Code::Internal, Code::Unknown, Code::DeadlineExceeded].contains(&answer.code);
                tally.tried(rpc.name(), "answered", is_fault.then(|| answer.short()));
            }
        }
        // What goes on by itself meanwhile must get through as well.
        faults.set(FAULTS[0].0);
        tokio::time::sleep(Duration::from_secs(10)).await;
        faults.set(0);
        let fell = faults.fell();
        println!("H5 on {:?}: faults {fell:?}", h.database());
        ensure!(fell.iter().all(|(_, count)| *count > 3), "too few faults: {fell:?}");

        settled(&h).await?;
        let mut db = Db::open(&h.settings).await?;
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

/// A request in earnest that can be told from those of other rounds.
fn request(rpc: &Rpc, caller: &Owned, session: &pb::Session, name: &str) -> Result<DynamicMessage> {
    let has = |name: &str| rpc.method.input().get_field_by_name(name).is_some();
    let text = |text: &str| Value::String(text.to_owned());
    let mut request = if has("request_id") {
        in_earnest(rpc, caller, &request_id())?
    } else {
        good(rpc, caller)?
    };
    for (field, value) in [
        ("reference", text(name)),
        ("email", text(&format!("{name}@matrix.example"))),
        ("refresh_token", text(&session.refresh_token)),
        ("portal", Value::EnumNumber(session.portal)),
    ] {
        if has(field) {
            set(&mut request, field, value)?;
        }
    }
    for (parent, field) in [("plan", "code"), ("plan", "display_name"), ("reseller", "code"), ("tenant", "slug")] {
        if has("request_id") && has(parent) {
            set(&mut request, &format!("{parent}.{field}"), text(name))?;
        }
    }
    Ok(request)
}

/// Asks again with the same request where the server says that it could not.
async fn insist(wire: Wire, rpc: &Rpc, request: &DynamicMessage, token: &str) -> Result<Answer> {
    let mut tries = 1;
    loop {
        let answer = wire.call_as(rpc, request.encode_to_vec().into(), token).await?;
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
            filter: "state = RUNNING OR state = PENDING".into(),
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
