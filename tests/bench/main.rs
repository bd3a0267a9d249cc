//! What the server needs and what it does, beside a bare tonic server in the same run.
//!
//! `make bench` runs it. Ours and the echo take turns, so that whatever else the machine does falls on both; the result is the ratio of each round's pair.

mod echo;
mod figures;
mod load;

use std::{fs, process::Stdio, time::Duration};

use anyhow::{Context, Result};
use figures::{Ratio, Use};
use portal_client::pb;
use tenantry_tests::{Database, PASSWORD, Site, finished, make};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(3);
/// How long a server is left alone before its memory is measured.
const IDLE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("echo") {
        return echo::serve().await;
    }
    anyhow::ensure!(!cfg!(debug_assertions), "measure a release build: make bench");
    println!(
        "{ROUNDS} rounds of {} s for each, in turn, after {} s to warm up; 95 % intervals\n",
        ROUND.as_secs(),
        WARM_UP.as_secs()
    );
    let mut failed = false;
    for (database, gate) in [(Database::Sqlite, Some(0.35)), (Database::Postgres, None)] {
        failed |= !get_tenant(database, gate).await.with_context(|| format!("{database:?}"))?;
    }
    anyhow::ensure!(!failed, "a gate failed");
    Ok(())
}

/// `GetTenant` with a token of the vendor's admin, against a handler that answers the same tenant from memory. Whether the gate holds.
async fn get_tenant(database: Database, gate: Option<f64>) -> Result<bool> {
    let site = Site::new(database).await?;
    let server = site.start("").await?;
    tokio::time::sleep(IDLE).await;
    println!("{database:?}: {:.1} MiB resident when idle", figures::resident_mib(server.id()?)?);

    let admin = server.admin().await?;
    let plan = admin.master().create_plan(make::plan("bench")).await?;
    let begun = admin.master().onboard_tenant(make::onboarding("bench", &plan.id)).await?;
    let tenant_id = finished(&admin, &begun.id).await?.tenant_id;
    let wanted = pb::GetTenantRequest { tenant_id };
    let tenant = admin.master().get_tenant(wanted.clone()).await?;
    let session = sign_in(&admin).await?;

    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), prost::Message::encode_to_vec(&tenant))?;
    let mut echo = Command::new(std::env::current_exe()?)
        .arg("echo")
        .arg(file.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let line = BufReader::new(echo.stdout.take().context("a pipe")?).lines().next_line().await?;
    let echo_origin = line.context("the echo says where it is")?;

    let ours = load::Load::new(&server.origin, server.id()?, &session.access_token, &wanted).await?;
    let theirs = load::Load::new(&echo_origin, echo.id().context("it runs")?, &session.access_token, &wanted).await?;
    ours.run(WARM_UP).await?;
    theirs.run(WARM_UP).await?;
    let mut rounds: Vec<(Use, Use)> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((ours.run(ROUND).await?, theirs.run(ROUND).await?));
    }
    let ratio = Ratio::of(&rounds);
    let (mine, bare): (Vec<Use>, Vec<Use>) = rounds.into_iter().unzip();
    println!("    GetTenant  {}", figures::summary(&mine));
    println!("    bare echo  {}", figures::summary(&bare));
    let judged = gate.map_or_else(String::new, |gate| {
        format!(", gate {gate:.2}: {}", if ratio.high < gate { "FAILED" } else { "holds" })
    });
    println!("    ratio      {:.3} [{:.3}, {:.3}]{judged}", ratio.median, ratio.low, ratio.high);
    println!("    {:.1} MiB resident after the load\n", figures::resident_mib(server.id()?)?);
    server.stop().await?;
    Ok(gate.is_none_or(|gate| ratio.high >= gate))
}

/// The tokens that a client keeps to itself.
async fn sign_in(admin: &portal_client::Client) -> Result<pb::Session> {
    let user = admin.session().and_then(|s| s.user).context("the admin is signed in")?;
    let request = pb::SignInRequest {
        portal: pb::Portal::Master.into(),
        email: user.email,
        password: PASSWORD.into(),
        ..Default::default()
    };
    Ok(admin.auth().sign_in(request).await?)
}
