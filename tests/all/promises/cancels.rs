//! Calls that are given up at any moment: they leave no transaction, no lock, no task and no place in a pool behind.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Database, Db, Harness, Server, both, eventually, fresh_settings, make};
use tokio::{
    runtime::{Handle, Runtime},
    time::timeout,
};

use super::{
    Chance, colleague,
    newcomers::{Like, Newcomers},
};
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    raw::Wire,
    request::{good, set},
};

/// How many calls are given up in the middle.
const GIVEN_UP: usize = 10_000;
/// By then a call is on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(1);
const AT_ONCE: usize = 24;
/// So few that each that was lost would be missed.
const CONNECTIONS: u32 = 4;

both! {
    async fn ten_thousand_calls_given_up_leave_nothing_behind(h: Harness) -> Result<()> {
        let database = h.database();
        // With a runtime of its own, whose tasks can be counted.
        let test = thread::spawn(move || Runtime::new()?.block_on(mix(database)));
        tokio::task::spawn_blocking(move || test.join().map_err(|_| anyhow::anyhow!("the test panicked"))?).await?
    }
}

async fn mix(database: Database) -> Result<()> {
    let mut settings = fresh_settings(database).await?;
    settings.database_connections = CONNECTIONS;
    let h = Harness::new(Server::with(database, settings).await?).await?;
    let mut world = World::make(&h).await?;
    let visitor = colleague(&h, &world.platform).await?;
    // Nobody who calls is suspended or sent away meanwhile.
    let mut confirmed = Vec::new();
    for kind in ["ten", "dep", "inv", "sub"] {
        let other = world.tenants[1].ids.get(kind).cloned().unwrap_or_default();
        world.platform.ids.insert(kind, other);
    }
    let id = |kind| world.platform.ids.get(kind).cloned().unwrap_or_default();
    let (tenant_id, deployment_id) = (id("ten"), id("dep"));
    confirmed.push(h.master().get_tenant(pb::GetTenantRequest { tenant_id }).await?.slug);
    confirmed.push(h.master().get_deployment(pb::GetDeploymentRequest { deployment_id }).await?.slug);
    // There is room for everybody who is invited.
    Db::open(&h.settings).await?.execute("UPDATE plan SET users = 10000").await?;
    let newcomers = Newcomers::of(&h, &world).await?;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = tasks();

    let (rpcs, done) = (rpcs()?, Mutex::new(BTreeSet::new()));
    let (next, given_up, answered, fine) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let (world, rpcs, done, newcomers, confirmed, token) = (&world, &rpcs, &done, &newcomers, &confirmed, &visitor.access_token);
    let (next, given_up, answered, fine) = (&next, &given_up, &answered, &fine);
    let origin = h.origin();
    let caller = async |number: usize| -> Result<()> {
        let mut chance = Chance(number as u64);
        let mut wire = Wire::at(&origin)?;
        while given_up.load(Relaxed) < GIVEN_UP {
            let rpc = &rpcs[next.fetch_add(1, Relaxed) % rpcs.len()];
            let caller = world.fresh(&h).await?.caller(rpc);
            let mut request = request(rpc, world, confirmed)?;
            let mut token = if rpc.portal().is_some() { caller.token() } else { token.clone() };
            let new = match Like::what(rpc) {
                Some(what) => Some(newcomers.make(rpc, what).await?),
                None => None,
            };
            match &new {
                Some(new) if rpc.portal().is_none() => token.clone_from(new),
                Some(new) => set(&mut request, new_place(rpc), Value::String(new.clone()))?,
                None => {}
            }
            let begun = Instant::now();
            let call = wire.call_as(rpc, request.encode_to_vec().into(), &token);
            // Three of four are given up, most of them before they are answered.
            let patience = match chance.below(4) {
                0 => Duration::from_secs(60),
                _ => Duration::from_micros(chance.below(30_000)),
            };
            match timeout(patience, call).await {
                Ok(answer) => {
                    let answer = answer?;
                    answered.fetch_add(1, Relaxed);
                    if answer.code == Code::Ok {
                        fine.fetch_add(1, Relaxed);
                        done.lock().map_err(|_| anyhow::anyhow!("somebody panicked"))?.insert(rpc.name());
                    }
                    ensure!(
                        ![Code::Internal, Code::Unknown].contains(&answer.code),
                        "{}: {}",
                        rpc.name(),
                        answer.short()
                    );
                }
                Err(_) if patience > Duration::from_secs(1) => anyhow::bail!("{} was never answered", rpc.name()),
                Err(_) => {
                    given_up.fetch_add(usize::from(begun.elapsed() >= ON_ITS_WAY), Relaxed);
                    // The stream is reset; now and then the whole connection is dropped.
                    if chance.below(8) == 0 {
                        wire = Wire::at(&origin)?;
                    }
                }
            }
        }
        Ok(())
    };
    try_join_all((0..AT_ONCE).map(caller)).await?;
    let (answered, fine) = (answered.load(Relaxed), fine.load(Relaxed));
    ensure!(
        answered > GIVEN_UP / 5 && fine * 4 > answered * 3,
        "{answered} calls were answered, {fine} well"
    );
    let done = done.lock().map_err(|_| anyhow::anyhow!("somebody panicked"))?.clone();
    let never: Vec<_> = rpcs
        .iter()
        .filter(|rpc| !done.contains(&rpc.name()) && may_be_done(rpc))
        .map(Rpc::name)
        .collect();
    ensure!(never.is_empty(), "never done: {never:?}");

    eventually(
        "without a transaction or a lock",
        async || Db::open(&h.settings).await?.held().await,
        |held| *held == 0,
    )
    .await?;
    eventually("without a task", async || Ok(tasks()), |now| *now <= before).await?;
    // Every place is there and free: as many calls at once as there are, again and again.
    for round in 0..20 {
        let writes = (0..CONNECTIONS).map(|n| {
            let plan = make::plan(&format!("after-{round}-{n}"));
            h.master().create_plan(plan)
        });
        timeout(Duration::from_secs(20), try_join_all(writes)).await??;
        let lists = (0..16).map(|_| h.master().list_plans(pb::ListPlansRequest::default()));
        timeout(Duration::from_secs(20), try_join_all(lists)).await??;
    }
    h.trails_are_whole().await
}

/// Whether such calls of an RPC can be done. There is no token or password for each time, there is an admin already, nothing is purged, and what starts and stops is at
/// work when the next call comes.
fn may_be_done(rpc: &Rpc) -> bool {
    const NEVER: [&str; 5] = ["SignIn", "RefreshSession", "CreateFirstAdmin", "GetInvitation", "AcceptInvitation"];
    const STATES: [&str; 8] = ["Start", "Stop", "Restart", "Suspend", "Resume", "Delete", "Undelete", "Purge"];
    let name = rpc.method.name();
    !(NEVER.contains(&name) || STATES.iter().any(|verb| name.starts_with(verb)))
}

/// The field that names who or what is new.
fn new_place(rpc: &Rpc) -> &'static str {
    if rpc.has("user_id") { "user_id" } else { "plan_id" }
}

/// A good request for something new. Instances are only asked for: there is no room for so many. And nothing is purged, so that there is something the next time.
fn request(rpc: &Rpc, world: &World, confirmed: &[String]) -> Result<DynamicMessage> {
    let mut request = good(rpc, world.caller(rpc))?;
    let (new, name) = (request_id().replace('-', ""), rpc.method.name());
    let costs = ["OnboardTenant", "CreateDeployment"].contains(&name);
    for place in rpc.fields() {
        let value = match place.field.name() {
            "validate_only" => Value::Bool(costs),
            "email" => Value::String(format!("{new}@cancels.example")),
            "slug" | "code" => Value::String(format!("c-{}", &new[8..])),
            "confirm_slug" if name.starts_with("Delete") => {
                let at = usize::from(name.ends_with("Deployment"));
                Value::String(confirmed.get(at).cloned().unwrap_or_default())
            }
            _ => continue,
        };
        set(&mut request, &place.path, value)?;
    }
    Ok(request)
}
