//! Calls that are given up at any moment: they leave no transaction, no lock, no task and no place in a pool behind.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use portal_client::{Code, pb, request_id};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tenantry_tests::{Database, Db, Harness, Server, both, eventually, fresh_settings, make};
use tokio::{
    runtime::{Handle, Runtime},
    time::timeout,
};

use super::{Chance, colleague};
use crate::matrix::{
    World,
    contract::{Rpc, rpcs},
    raw::Wire,
    request::{good, set},
};

const CALLS: usize = 10_000;
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
    for kind in ["ten", "dep", "inv", "sub"] {
        let other = world.tenants[1].ids.get(kind).cloned().unwrap_or_default();
        world.platform.ids.insert(kind, other);
    }
    for owned in [&mut world.platform, &mut world.tenants[0], &mut world.resellers[0]] {
        let victim = colleague(&h, owned).await?.user.context("a user")?.id;
        owned.ids.insert("usr", victim);
    }
    let tasks = || Handle::current().metrics().num_alive_tasks();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = tasks();

    let (world, rpcs) = (Arc::new(world), Arc::new(rpcs()?));
    let (next, answered, fine) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let (world_of_all, rpcs_of_all, token, next, answered, fine) = (&world, &rpcs, &visitor.access_token, &next, &answered, &fine);
    let origin = h.origin();
    let caller = async |number: usize| -> Result<()> {
        let mut chance = Chance(number as u64);
        let mut wire = Wire::at(&origin)?;
        loop {
            let turn = next.fetch_add(1, Relaxed);
            if turn >= CALLS {
                return Ok(());
            }
            let rpc = &rpcs_of_all[turn % rpcs_of_all.len()];
            let caller = world_of_all.caller(rpc);
            let token = if rpc.portal().is_some() { caller.token() } else { token.clone() };
            let call = wire.call_as(rpc, request(rpc, world_of_all)?.encode_to_vec().into(), &token);
            // Three of four are given up, most of them before they are answered.
            let patience = match chance.below(4) {
                0 => Duration::from_secs(60),
                _ => Duration::from_micros(chance.below(30_000)),
            };
            match timeout(patience, call).await {
                Ok(answer) => {
                    let answer = answer?;
                    answered.fetch_add(1, Relaxed);
                    fine.fetch_add(usize::from(answer.code == Code::Ok), Relaxed);
                    ensure!(
                        ![Code::Internal, Code::Unknown].contains(&answer.code),
                        "{}: {}",
                        rpc.name(),
                        answer.short()
                    );
                }
                Err(_) if patience > Duration::from_secs(1) => anyhow::bail!("{} was never answered", rpc.name()),
                // The stream is reset; now and then the whole connection is dropped.
                Err(_) if chance.below(8) == 0 => wire = Wire::at(&origin)?,
                Err(_) => {}
            }
        }
    };
    try_join_all((0..AT_ONCE).map(caller)).await?;
    let (answered, fine) = (answered.load(Relaxed), fine.load(Relaxed));
    ensure!(
        (CALLS / 5..CALLS * 4 / 5).contains(&answered) && fine > CALLS / 10,
        "{answered} calls were answered, {fine} well"
    );

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
    Ok(())
}

/// A good request for something new. Instances are only asked for: there is no room for so many.
fn request(rpc: &Rpc, world: &World) -> Result<DynamicMessage> {
    let mut request = good(rpc, world.caller(rpc))?;
    let new = request_id().replace('-', "");
    let costs = ["OnboardTenant", "CreateDeployment"].contains(&rpc.method.name());
    for place in rpc.fields() {
        let value = match place.field.name() {
            "validate_only" => Value::Bool(costs),
            "email" => Value::String(format!("{new}@cancels.example")),
            "slug" | "code" => Value::String(format!("c-{}", &new[8..])),
            _ => continue,
        };
        set(&mut request, &place.path, value)?;
    }
    Ok(request)
}
