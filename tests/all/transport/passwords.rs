//! Five hundred people who sign in at once: each hash takes 19 MiB, and only few are computed at a time.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use portal_client::{Client, Code, pb};
use tenantry_tests::{ADMIN, Harness, PASSWORD, Process, Site, both};

use super::wire::{PATIENCE, sign_in};

const PEOPLE: usize = 500;
/// Over so many connections: they share them, as behind a proxy, and there may be no more than a thousand files.
const CONNECTIONS: usize = 25;
/// Five hundred hashes at once would take ten gigabytes.
const MEMORY_MIB: u64 = 150;
/// What part of the time that the crowd takes a call that needs no password may take meanwhile: who stands behind the crowd takes all of it.
const PART: u32 = 4;

both! {
    async fn many_sign_ins_at_once_leave_memory_and_time_for_others(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let before = peak_mib(&server)?;

        let over = AtomicBool::new(false);
        let people = async {
            let clients: Vec<_> = (0..CONNECTIONS).map(|_| client(&server)).collect();
            let begun = Instant::now();
            let answers = join_all((0..PEOPLE).map(|n| attempt(&clients[n % CONNECTIONS], PASSWORD))).await;
            over.store(true, Ordering::Relaxed);
            anyhow::Ok((answers.into_iter().collect::<Result<Vec<_>>>()?, begun.elapsed()))
        };
        let others = async {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                admin.master().list_plans(pb::ListPlansRequest::default()).await?;
                times.push(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            anyhow::Ok(times)
        };
        let (answers, times) = tokio::join!(people, others);
        let ((answers, crowd), mut times) = (answers?, times?);
        let signed_in = answers.iter().filter(|signed_in| **signed_in).count();
        times.sort();
        let quick = times[times.len() * 95 / 100];
        let grown = peak_mib(&server)? - before;
        println!("{:?}: {signed_in} of {PEOPLE} signed in, {grown} MiB more, others' calls within {quick:?} of {crowd:?}", h.database());
        ensure!(signed_in > 20, "only {signed_in} signed in");
        ensure!(grown < MEMORY_MIB, "{grown} MiB");
        ensure!(times.len() > 3 && quick < crowd / PART, "{quick:?} of {crowd:?}, {} calls", times.len());
        // And the next one gets in at once.
        ensure!(attempt(&client(&server), PASSWORD).await?);
        Ok(())
    }
}

fn client(server: &Process) -> Client {
    Client::new(&server.origin, pb::Portal::Master, |_| ())
}

/// Whether a sign-in was answered with a session; if not, it was with the time after which to come again.
async fn attempt(client: &Client, password: &str) -> Result<bool> {
    let answer = tokio::time::timeout(PATIENCE, async { client.auth().sign_in(sign_in(ADMIN, password)).await });
    match answer.await.context("no answer in time")? {
        Ok(_) => Ok(true),
        Err(error) if error.code == Code::ResourceExhausted && error.retry_after.is_some() => Ok(false),
        // On a machine that is busy enough the database is.
        Err(error) if error.code == Code::Unavailable && error.retry_after.is_some() => Ok(false),
        Err(error) => anyhow::bail!("{error:?}"),
    }
}

/// The most memory that a server ever had.
fn peak_mib(server: &Process) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id()?))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
