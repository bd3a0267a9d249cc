//! What the server needs and what it does, beside a bare tonic server in the same run.
//!
//! `make bench` runs it. Ours and the echo take turns, so that whatever else the machine does falls on both; the result is the ratio of each round's pair.

mod decision;
mod echo;
mod figures;
mod load;

use std::{fs, process::Stdio, time::Duration};

use anyhow::{Context, Result};
use figures::{Ratio, Use};
use portal_client::{Client, pb};
use prost::Message;
use tenantry_tests::{Database, PASSWORD, Process, Site, accept, finished, make};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(3);
/// How long a server is left alone before its memory is measured.
const IDLE: Duration = Duration::from_secs(5);

/// What an idle server may need at most, in MiB.
const MEMORY_GATE: f64 = 60.0;
/// What `GetTenant` has to reach of the echo's calls per second, and what it shall reach. On PostgreSQL most of the work is done by another process, so that
/// nothing is demanded there.
const SQLITE: (&str, f64) = ("0.50", 0.35);
/// What calls behind row level security have to reach of those without it, and shall reach.
const WALL: (&str, f64) = ("0.80", 0.65);

/// Takes the wall away, and puts it back.
const LIFT: &str = "DO $$ DECLARE name text; BEGIN FOR name IN SELECT relname FROM pg_class WHERE relforcerowsecurity LOOP
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name); END LOOP; END $$";
const RAISE: &str = "DO $$ DECLARE name text; BEGIN FOR name IN SELECT relname FROM pg_class WHERE relforcerowsecurity LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name); END LOOP; END $$";

#[tokio::main]
async fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("echo") {
        return echo::serve().await;
    }
    anyhow::ensure!(!cfg!(debug_assertions), "measure a release build: make bench");
    println!(
        "{ROUNDS} rounds of {} s for each, in turn, after {} s to warm up; medians, and the 95 % interval of the ratio; beside a bare tonic echo\n",
        ROUND.as_secs(),
        WARM_UP.as_secs()
    );
    row(["workload", "ours", "beside", "ratio", "gate", "goal"]);
    let mut holds = decision::decisions().await?;
    for (database, goals) in [(Database::Sqlite, Some(SQLITE)), (Database::Postgres, None)] {
        holds &= get_tenant(database, goals).await.with_context(|| format!("{database:?}"))?;
    }
    anyhow::ensure!(holds, "a gate failed");
    Ok(())
}

fn row(cells: [&str; 6]) {
    let [workload, ours, comparison, ratio, gate, goal] = cells;
    println!("{workload:<30}  {ours:<24}  {comparison:<24}  {ratio:<22}  {gate:<18}  {goal}");
}

fn judged(gate: String, holds: bool) -> String {
    format!("{gate}: {}", if holds { "holds" } else { "FAILED" })
}

/// `GetTenant` with a token of the vendor's admin, against a handler that answers the same tenant from memory; on PostgreSQL also against itself without row level
/// security, and so a tenant's list. Whether the gates hold.
async fn get_tenant(database: Database, goals: Option<(&str, f64)>) -> Result<bool> {
    let site = Site::new(database).await?;
    let server = site.start("").await?;
    tokio::time::sleep(IDLE).await;
    let idle = figures::resident_mib(server.id()?)?;
    let is_small = idle < MEMORY_GATE;
    let gate = judged(format!("{MEMORY_GATE} MiB"), is_small);
    row([&format!("{database:?}, idle memory"), &format!("{idle:.1} MiB"), "", "", &gate, ""]);

    let admin = server.admin().await?;
    let plan = admin.master().create_plan(make::plan("bench")).await?;
    let begun = admin.master().onboard_tenant(make::onboarding("bench", &plan.id)).await?;
    let tenant_id = finished(&admin, &begun.id).await?.tenant_id;
    let wanted = pb::GetTenantRequest { tenant_id };
    let tenant = admin.master().get_tenant(wanted.clone()).await?;
    let call = load::Call {
        path: "/tenantry.v1.MasterAdminService/GetTenant",
        token: sign_in(&admin, pb::Portal::Master).await?.access_token,
        wanted,
        is_right: |wanted: &pb::GetTenantRequest, tenant: &pb::Tenant| tenant.id == wanted.tenant_id,
    };

    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), tenant.encode_to_vec())?;
    let mut echo = Command::new(std::env::current_exe()?)
        .arg("echo")
        .arg(file.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let line = BufReader::new(echo.stdout.take().context("a pipe")?).lines().next_line().await?;
    let echo_origin = line.context("the echo says where it is")?;

    let ours = load::Load::new(&server.origin, server.id()?, call.clone()).await?;
    let theirs = load::Load::new(&echo_origin, echo.id().context("it runs")?, call).await?;
    ours.run(WARM_UP).await?;
    theirs.run(WARM_UP).await?;
    let mut rounds: Vec<(Use, Use)> = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((ours.run(ROUND).await?, theirs.run(ROUND).await?));
    }
    let mut is_quick = compared(&format!("{database:?}, GetTenant"), rounds, goals);
    if database == Database::Postgres {
        is_quick &= compared("GetTenant, beside no wall", beside_no_wall(&site, &ours).await?, Some(WALL));
        let list = load::Load::new(&server.origin, server.id()?, listing(&server, &admin, &tenant.id).await?).await?;
        list.run(WARM_UP).await?;
        is_quick &= compared("ListAuditEntries of a tenant", beside_no_wall(&site, &list).await?, Some(WALL));
    }
    let after = figures::resident_mib(server.id()?)?;
    row([
        &format!("{database:?}, memory after that"),
        &format!("{after:.1} MiB"),
        "",
        "",
        "",
        "",
    ]);
    server.stop().await?;
    Ok(is_small && is_quick)
}

/// Rounds behind row level security, each with one without it.
async fn beside_no_wall<Q, A>(site: &Site, load: &load::Load<Q, A>) -> Result<Vec<(Use, Use)>>
where
    Q: Message + Clone + Default + 'static,
    A: Message + Clone + Default + 'static,
{
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let behind = load.run(ROUND).await?;
        site.write(LIFT).await?;
        rounds.push((behind, load.run(ROUND).await?));
        site.write(RAISE).await?;
    }
    Ok(rounds)
}

/// How an admin of a tenant lists its audit trail.
async fn listing(
    server: &Process,
    vendor: &Client,
    tenant_id: &str,
) -> Result<load::Call<pb::ListAuditEntriesRequest, pb::ListAuditEntriesResponse>> {
    let mut request = make::user("lists", pb::Role::TenantAdmin);
    request.tenant_id = tenant_id.to_owned();
    let invited = vendor.master().invite_user(request).await?;
    let link = invited.invitation.context("somebody new gets a link")?;
    let admin = accept(&server.origin, pb::Portal::Tenant, &link.url).await?;
    Ok(load::Call {
        path: "/tenantry.v1.TenantAdminService/ListAuditEntries",
        token: sign_in(&admin, pb::Portal::Tenant).await?.access_token,
        wanted: pb::ListAuditEntriesRequest::default(),
        is_right: |_, list: &pb::ListAuditEntriesResponse| list.audit_entries.len() > 2,
    })
}

/// Prints the rounds of ours and of the comparison; whether the gate holds.
fn compared(workload: &str, rounds: Vec<(Use, Use)>, goals: Option<(&str, f64)>) -> bool {
    let Ratio { median, low, high } = Ratio::of(&rounds);
    let (mine, theirs): (Vec<Use>, Vec<Use>) = rounds.into_iter().unzip();
    let holds = goals.is_none_or(|(_, gate)| high >= gate);
    row([
        workload,
        &figures::summary(&mine),
        &figures::summary(&theirs),
        &format!("{median:.3} [{low:.3}, {high:.3}]"),
        &goals.map(|(_, gate)| judged(format!("{gate:.2}"), holds)).unwrap_or_default(),
        goals.map_or("", |(goal, _)| goal),
    ]);
    holds
}

/// The tokens that a client keeps to itself.
async fn sign_in(admin: &Client, portal: pb::Portal) -> Result<pb::Session> {
    let user = admin.session().and_then(|s| s.user).context("the admin is signed in")?;
    let request = pb::SignInRequest {
        portal: portal.into(),
        email: user.email,
        password: PASSWORD.into(),
        ..Default::default()
    };
    Ok(admin.auth().sign_in(request).await?)
}
