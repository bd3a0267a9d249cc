//! Deadlines: they end the work and not only the waiting, and money is moved as a whole or not at all.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use portal_client::{Code, pb, request_id};
use prost::Message;
use sqlx::{Connection, PgConnection};
use tenantry_tests::{Database, Harness, both, eventually, make, on_postgres};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Chance;
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    raw::call_within,
    request::good,
    world::sign_in,
};

both! {
    async fn no_time_is_no_call(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        for rpc in rpcs()? {
            let caller = world.caller(&rpc);
            let body = good(&rpc, caller)?.encode_to_vec();
            for time in ["1n", "0S", "999u"] {
                let answer = call_within(&h, &rpc, body.clone().into(), caller.token(), time).await?;
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
                let answer = browser(&h, &rpc, kind, &message, caller.token(), "1n").await?;
                let (head, _) = answer.split_once("\r\n\r\n").context("a head")?;
                ensure!(head.starts_with("HTTP/1.1 200"), "{}: {head}", rpc.name());
                ensure!(head.contains("\ncontent-type: application/grpc-web"), "{}: {head}", rpc.name());
                ensure!(answer.to_lowercase().replace(": ", ":").contains("grpc-status:4"), "{}: {answer}", rpc.name());
            }
        }
        Ok(())
    }

    /// Whenever the time is over, all of a payment is there or nothing, and asking again makes it whole.
    async fn a_payment_is_there_as_a_whole_or_not_at_all(h: Harness) -> Result<()> {
        let tenant = h.tenant("hurried").await?;
        let token = sign_in(&h, h.admin()).await?.access_token;
        let rpc = rpcs()?.into_iter().find(|rpc| rpc.method.name() == "RecordPayment").context("payments are recorded")?;
        let mut chance = Chance(7);
        let invoice = async || {
            let invoices = tenant.admin().tenant().list_invoices(Default::default()).await?.invoices;
            invoices.into_iter().next().context("an invoice")
        };
        let due = |invoice: &pb::Invoice| invoice.amount_due.as_ref().map(|due| due.minor_units).unwrap_or_default();
        let (before, mut ended, mut requests) = (invoice().await?, 0, Vec::new());
        for _ in 0..150 {
            let request = make::payment(&before.id, make::money("EUR", 1));
            let answer = call_within(&h, &rpc, request.encode_to_vec().into(), &token, &format!("{}u", 1000 + chance.below(12_000))).await?;
            ended += usize::from(answer.code == Code::DeadlineExceeded);
            ensure!([Code::Ok, Code::DeadlineExceeded].contains(&answer.code), "{}", answer.short());
            requests.push(request);
        }
        let paid = async || anyhow::Ok(tenant.admin().tenant().list_payments(Default::default()).await?.total_size);
        let whole = async || anyhow::Ok((due(&before) - due(&invoice().await?), paid().await?));
        eventually("whole", whole, |(less, payments)| less == payments).await?;
        ensure!(ended > 5, "only {ended} calls were too late");
        for request in &requests {
            h.master().record_payment(request.clone()).await?;
        }
        assert_eq!(whole().await?, (150, 150));
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
        for answer in futures::future::try_join_all(calls).await? {
            ensure!(answer.code == Code::DeadlineExceeded, "{}", answer.short());
        }
        ensure!(begun.elapsed() < Duration::from_secs(3), "the answers took {:?}", begun.elapsed());
        let mut watcher = PgConnection::connect(&h.settings.database_owner_url).await?;
        let mut waiting = i64::MAX;
        while waiting > 0 && begun.elapsed() < Duration::from_secs(8) {
            let question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            waiting = sqlx::query_scalar(question).fetch_one(&mut watcher).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        ensure!(waiting == 0, "{waiting} statements still wait for the lock");
        // All connections are free, although the lock is still held.
        let lists = (0..40).map(|_| h.master().list_plans(Default::default()));
        tokio::time::timeout(Duration::from_secs(5), futures::future::try_join_all(lists)).await??;
        holder.rollback().await?;
        let request = pb::CreatePlanRequest { request_id: request_id(), ..make::plan("free") };
        h.master().create_plan(request).await?;
        Ok(())
    }
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
