//! What instances use: measured every fifteen seconds, kept for an hour.

use super::{
    backends::{self, Backend, Counters},
    deployment::entity::{self as deployment, DesiredState},
    sample::{Column, Entity, Model},
};
use crate::{
    clock::Time,
    cx::{App, Cx},
    error::{Error, Result},
    id::DeploymentId,
    store::{Platform, Scope, Visible},
    work,
};
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, Order};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::watch, time::MissedTickBehavior};

/// How often it is measured.
const EVERY: Duration = Duration::from_secs(15);
/// For how long samples are kept.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Some samples of a deployment.
pub struct Samples(pub Vec<Model>);

/// What was measured of a deployment after a moment, oldest first; at most the last hour.
pub async fn list<S: Scope>(cx: &Cx<S>, id: DeploymentId, after: Option<Time>) -> Result<Samples>
where
    deployment::Entity: Visible<S>,
    Entity: Visible<S>,
{
    cx.find::<deployment::Entity>().get(id).await?;
    let hour_ago = cx.now() - KEPT;
    let after = after.map_or(hour_ago, |after| after.max(hour_ago));
    let samples = cx.find::<Entity>().with(Column::DeploymentId, id).filter(Column::At.gt(after));
    Ok(Samples(samples.order(Column::At, Order::Asc).all().await?))
}

/// Measures the instances of this node until told to stop.
pub async fn run(app: App, mut stopping: watch::Receiver<bool>) {
    let mut clock = tokio::time::interval(EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut meter = Meter {
        backend: backends::of(&app),
        before: HashMap::new(),
    };
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            _ = clock.tick() => {}
        }
        if let Err(error) = meter.round(&work::cx(&app)).await {
            tracing::error!(%error, "the instances could not be measured; it is tried again");
        }
    }
}

struct Meter {
    backend: Arc<dyn Backend>,
    /// The counters of the round before.
    before: HashMap<DeploymentId, (Time, Counters)>,
}

impl Meter {
    /// Measures all and writes the samples in one transaction.
    async fn round(&mut self, cx: &Cx<Platform>) -> Result<()> {
        let running = cx
            .find::<deployment::Entity>()
            .with(deployment::Column::Node, cx.app.node.as_str())
            .with(deployment::Column::DesiredState, DesiredState::Running)
            .filter(deployment::Column::ProcessStartedAt.is_not_null());
        let owners: HashMap<_, _> = running.all().await?.into_iter().map(|row| (row.id, row.tenant_id)).collect();
        let ids: Vec<_> = owners.keys().copied().collect();
        // What follows takes long.
        cx.db.release().await;
        let measured = self
            .backend
            .sample(&ids)
            .await
            .map_err(|fault| Error::internal(anyhow::anyhow!("{fault:?}")))?;
        let now = cx.now();
        let mut samples = Vec::new();
        let mut before = HashMap::new();
        for (id, counters) in measured {
            if let (Some(tenant_id), Some((then, earlier))) = (owners.get(&id), self.before.get(&id)) {
                let used = used(earlier, &counters, *then, now);
                samples.push(Model {
                    deployment_id: id,
                    at: now,
                    tenant_id: *tenant_id,
                    cpu_millicores: used.cpu_millicores,
                    memory_bytes: used.memory_bytes,
                    receive_bytes_per_second: used.receive_bytes_per_second,
                    transmit_bytes_per_second: used.transmit_bytes_per_second,
                    requests: used.requests,
                });
            }
            before.insert(id, (now, counters));
        }
        self.before = before;
        cx.db
            .bookkeep(async |tx| {
                for sample in samples {
                    tx.put(sample).await?;
                }
                tx.erase::<Entity>(Column::At.lt(now - KEPT)).await
            })
            .await?;
        Ok(())
    }
}

/// What was used between two rounds.
#[derive(Debug, PartialEq, Eq)]
struct Used {
    cpu_millicores: i64,
    memory_bytes: i64,
    receive_bytes_per_second: i64,
    transmit_bytes_per_second: i64,
    requests: i64,
}

/// The use between two readings of the counters. Those of a process that was started in between count from its start.
fn used(earlier: &Counters, now: &Counters, then: Time, at: Time) -> Used {
    let same = earlier.started_at == now.started_at;
    let millis = (at - if same { then } else { then.max(now.started_at) }).num_milliseconds().max(1);
    // Counters that fell belong to another process, whatever its start says.
    let grown = |before: Option<u64>, value: u64| {
        let before = before.filter(|before| same && *before <= value).unwrap_or_default();
        i64::try_from(value - before).unwrap_or(i64::MAX)
    };
    let micros = |counters: &Counters| u64::try_from(counters.usage.cpu_time.as_micros()).unwrap_or(u64::MAX);
    let traffic = |read: fn(&crate::shim::sample::Traffic) -> u64| match &now.traffic {
        // One that did not tell its counters before has no beginning to count from.
        Some(value) if earlier.traffic.is_some() || !same => grown(earlier.traffic.as_ref().map(read), read(value)),
        _ => 0,
    };
    let per_second = |count: i64| count.saturating_mul(1000) / millis;
    Used {
        cpu_millicores: grown(Some(micros(earlier)), micros(now)) / millis,
        memory_bytes: i64::try_from(now.usage.resident_bytes).unwrap_or(i64::MAX),
        receive_bytes_per_second: per_second(traffic(|t| t.request_bytes)),
        transmit_bytes_per_second: per_second(traffic(|t| t.response_bytes)),
        requests: traffic(|t| t.requests),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shim::sample::{Traffic, Usage};

    fn at(seconds: i64) -> Time {
        Time::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn counters(started: i64, cpu_millis: u64, requests: Option<u64>) -> Counters {
        Counters {
            started_at: at(started),
            usage: Usage {
                cpu_time: Duration::from_millis(cpu_millis),
                resident_bytes: 1 << 20,
                processes: 1,
                threads: 1,
                open_files: 1,
            },
            traffic: requests.map(|n| Traffic {
                started_at_millis: 0,
                requests: n,
                failures: 0,
                request_bytes: n * 100,
                response_bytes: n * 1000,
            }),
        }
    }

    #[test]
    fn use_is_what_the_counters_grew_by() {
        let used = used(&counters(0, 1000, Some(10)), &counters(0, 4000, Some(40)), at(100), at(115));
        let expected = Used {
            cpu_millicores: 200,
            memory_bytes: 1 << 20,
            receive_bytes_per_second: 200,
            transmit_bytes_per_second: 2000,
            requests: 30,
        };
        assert_eq!(used, expected);
    }

    #[test]
    fn a_new_process_counts_from_its_start() {
        let used = used(&counters(0, 90_000, Some(1000)), &counters(110, 1000, Some(5)), at(100), at(115));
        assert_eq!((used.cpu_millicores, used.requests, used.receive_bytes_per_second), (200, 5, 100));
    }

    #[test]
    fn what_is_not_told_is_nothing() {
        let silent = used(&counters(0, 0, Some(7)), &counters(0, 0, None), at(0), at(15));
        assert_eq!(silent.requests, 0);
        let speaks_again = used(&counters(0, 0, None), &counters(0, 0, Some(70)), at(0), at(15));
        assert_eq!(speaks_again.requests, 0);
    }

    #[test]
    fn nothing_is_ever_negative() {
        let used = used(&counters(0, 9000, Some(9)), &counters(0, 1500, Some(3)), at(0), at(15));
        assert_eq!((used.cpu_millicores, used.requests), (100, 3));
    }
}
