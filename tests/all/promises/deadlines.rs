//! Deadlines: they end the work and not only the waiting.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use futures::future::try_join_all;
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::Value;
use sea_orm::{Condition, sea_query::Expr};
use sqlx::{Connection, PgConnection};
use tenantry::{
    store::audit_entry::{self, DONE},
    tenancy::operation::entity::{self as operation, OperationState},
    work,
};
use tenantry_tests::{Database, Db, Harness, both, eventually, make, on_postgres};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    ready::{doing, ready},
    rest::{at_rest, versions},
};
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    raw::call_within,
    request::{good, set},
    world::sign_in,
};

/// How many RPCs are done to their end: those that check a secret, which nobody guesses uncounted, and the one that moves money.
const TO_THE_END: usize = 4;

both! {
    async fn no_time_is_no_call(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in rpcs()? {
            let caller = world.caller(&rpc);
            let body = good(&rpc, caller)?.encode_to_vec();
            for time in ["1n", "0S", "999u"] {
                let (answer, _) = call_within(&h, &rpc, body.clone().into(), &caller.token(), time).await?;
                if answer.code != Code::DeadlineExceeded {
                    wrong.push(format!("{} within {time}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// The same as a browser asks it, whose answers have a form of their own.
    async fn a_browser_is_told_of_its_deadline(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        for rpc in rpcs()? {
            let caller = world.caller(&rpc);
            for (kind, message) in [("application/grpc-web+proto", good(&rpc, caller)?.encode_to_vec()), ("application/grpc-web", Vec::new())] {
                let answer = browser(&h, &rpc, kind, &message, &caller.token(), "1n").await?;
                let (head, _) = answer.split_once("\r\n\r\n").context("a head")?;
                ensure!(head.starts_with("HTTP/1.1 200"), "{}: {head}", rpc.name());
                ensure!(head.contains("\ncontent-type: application/grpc-web"), "{}: {head}", rpc.name());
                ensure!(answer.to_lowercase().replace(": ", ":").contains("grpc-status:4"), "{}: {answer}", rpc.name());
            }
        }
        Ok(())
    }

    /// Nobody can write, so that no RPC that does something is done in time: it is not done later either, but for those of which the contract says that they are. And
    /// each does something when there is time.
    async fn what_is_not_done_in_time_is_not_done_later(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let (world, mut db) = (&World::make(h).await?, Db::open(&h.settings).await?);
        let (mut wrong, mut ended) = (Vec::new(), 0);
        for rpc in doing()? {
            let ready = ready(h, &rpc, world.caller(&rpc), &request_id()).await.with_context(|| rpc.name())?;
            at_rest(h).await?;
            let before = versions(&mut db).await?;
            db.hold().await?;
            // What is done to its end has to be begun in time, on a slow machine as well.
            let time = if rpc.is_done_to_its_end() { "3S" } else { "300m" };
            let (answer, id) = call_within(h, &rpc, ready.body(), &ready.token, time).await?;
            // What it left on its way would be done now.
            db.let_go().await?;
            eventually("without a transaction or a lock", async || Db::open(&h.settings).await?.held().await, |held| *held == 0).await?;
            if answer.code != Code::DeadlineExceeded {
                wrong.push(format!("{}: {}", rpc.name(), answer.short()));
            }
            if rpc.is_done_to_its_end() {
                ended += 1;
                eventually("done to its end", async || done(h, &id).await, |entries| *entries > 0).await.with_context(|| rpc.name())?;
                continue;
            }
            if done(h, &id).await? != 0 || versions(&mut db).await? != before {
                wrong.push(format!("{} was done too late", rpc.name()));
            }
            // There is an admin already.
            let works_once = rpc.says().contains("Works once");
            let answer = world.wire.call_as(&rpc, ready.body(), &ready.token).await?;
            if works_once == (answer.code == Code::Ok) {
                wrong.push(format!("{} with all the time there is: {}", rpc.name(), answer.short()));
            }
        }
        ensure!(ended == TO_THE_END, "{ended} RPCs are done to their end");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        // Every place in the pool is there.
        let writes = (0..h.settings.database_connections).map(|n| h.master().create_plan(make::plan(&format!("after-{n}"))));
        timeout(Duration::from_secs(20), try_join_all(writes)).await??;
        Ok(())
    }

    /// A stream that goes on ends with its deadline, and none before.
    async fn a_stream_ends_with_its_deadline(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let world = &World::make(h).await?;
        // A server that is away is at an operation, and no other takes it.
        let away = (operation::Column::LeaseExpiresAt, Expr::value(h.clock.now() + TimeDelta::days(1)));
        let running = (operation::Column::State, Expr::value(OperationState::Running.to_string()));
        work::cx(&h.running.app).db.bookkeep(async |tx| tx.set::<operation::Entity>(Condition::all(), [away, running]).await).await?;
        let mut late = 0;
        for rpc in rpcs()?.into_iter().filter(|rpc| rpc.method.is_server_streaming()) {
            let caller = world.caller(&rpc);
            let mut request = good(&rpc, caller)?;
            if rpc.has("follow") {
                set(&mut request, "follow", Value::Bool(true))?;
            }
            let without = world.wire.call_as(&rpc, request.encode_to_vec().into(), &caller.token()).await?;
            let goes_on = !without.head.iter().any(|line| line.starts_with("grpc-status"));
            let begun = Instant::now();
            let (answer, _) = call_within(h, &rpc, request.encode_to_vec().into(), &caller.token(), "1500m").await?;
            let expected = if goes_on { Code::DeadlineExceeded } else { Code::Ok };
            ensure!(answer.code == expected && !answer.body.is_empty(), "{}: {}", rpc.name(), answer.short());
            let took = begun.elapsed();
            ensure!(!goes_on || (Duration::from_millis(1400)..Duration::from_secs(8)).contains(&took), "{} took {took:?}", rpc.name());
            late += usize::from(goes_on);
        }
        ensure!(late >= 5, "only {late} streams go on");
        Ok(())
    }
}

on_postgres! {
    /// Somebody holds a lock; whoever waits for it in vain gives it up at the deadline, and its connection with it.
    async fn what_postgres_is_at_ends_with_the_deadline(_h: Harness) -> Result<()> {
        let h = Harness::alone(Database::Postgres).await?;
        let plan = h.master().create_plan(make::plan("locked")).await?;
        let token = sign_in(&h, h.admin()).await?.access_token;
        let rpc = rpcs()?.into_iter().find(|rpc| rpc.method.name() == "ArchivePlan").context("plans are archived")?;
        let mut owner = PgConnection::connect(&h.settings.database_owner_url).await?;
        let mut holder = owner.begin().await?;
        sqlx::query("SELECT * FROM plan FOR UPDATE").execute(&mut *holder).await?;
        let begun = Instant::now();
        let request = pb::ArchivePlanRequest { plan_id: plan.id.clone(), etag: String::new(), ..Default::default() };
        let calls = (0..30).map(|_| call_within(&h, &rpc, request.encode_to_vec().into(), &token, "300m"));
        for (answer, _) in try_join_all(calls).await? {
            ensure!(answer.code == Code::DeadlineExceeded, "{}", answer.short());
        }
        ensure!(begun.elapsed() < Duration::from_secs(10), "the answers took {:?}", begun.elapsed());
        nothing_waits(&h, begun + Duration::from_secs(15)).await?;
        // All connections are free, although the lock is still held.
        let lists = (0..40).map(|_| h.master().list_plans(Default::default()));
        timeout(Duration::from_secs(20), try_join_all(lists)).await??;
        holder.rollback().await?;
        let request = pb::CreatePlanRequest { request_id: request_id(), ..make::plan("free") };
        h.master().create_plan(request).await?;
        Ok(())
    }
}

/// Waits until no statement waits for a lock any more.
async fn nothing_waits(h: &Harness, at_latest: Instant) -> Result<()> {
    let mut db = Db::open(&h.settings).await?;
    let question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut waiting = i64::MAX;
    while waiting > 0 && Instant::now() < at_latest {
        waiting = db.number(question).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ensure!(waiting == 0, "{waiting} statements still wait for the lock");
    Ok(())
}

/// How many entries the audit trail has of what a call did.
async fn done(h: &Harness, request_id: &str) -> Result<i64> {
    let cx = work::cx(&h.running.app);
    let its = cx.find::<audit_entry::Entity>().with(audit_entry::Column::RequestId, request_id);
    Ok(its.with(audit_entry::Column::Result, DONE).count().await?)
}

/// Asks as a browser does, over HTTP/1.1; the answer with whatever is no text replaced.
async fn browser(h: &Harness, rpc: &Rpc, kind: &str, message: &[u8], token: &str, time: &str) -> Result<String> {
    let mut stream = TcpStream::connect(h.running.address).await?;
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len())?.to_be_bytes());
    frame.extend(message);
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\nx-grpc-web: 1\r\nauthorization: Bearer {token}\r\ngrpc-timeout: {time}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        rpc.path,
        frame.len()
    );
    stream.write_all(&[head.as_bytes(), &frame].concat()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
