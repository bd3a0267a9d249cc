//! The loop that makes deployments what they shall be: claim what is due, visit each, again and again.
//!
//! Deployments on child processes belong to the machine that runs them: only its server claims them. It holds the lock of the data folder, so a lease of another
//! holder on this node is that of a server that has ended.

use super::{
    backends::{self, Backend},
    deployment::entity::{Column, Entity, Model},
    visit::visit,
};
use crate::{clock::Time, cx::App, error::Result, id::DeploymentId, work};
use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, Condition, Order,
    sea_query::{Expr, ExprTrait},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::{
    sync::watch,
    task::{self, JoinSet},
    time::{sleep, timeout},
};

/// How many visits there are at a time.
const VISITS: usize = 16;
/// How long a visit may keep a deployment to itself.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often this looks for wishes that another server process has written, and whether processes have changed.
const GLANCE: Duration = Duration::from_millis(500);
/// Wishes that come together are looked for together.
const GATHER: Duration = Duration::from_millis(20);
/// How long visits may go on when the server stops.
const FAREWELL: Duration = Duration::from_secs(10);

/// Looks after the deployments of this node until told to stop. Their processes run on.
pub async fn run(app: App, mut stopping: watch::Receiver<bool>) {
    let mut bell = app.store.bell();
    let mut keeper = Keeper::new(app);
    while !*stopping.borrow() {
        let pause = keeper.take_up().await.unwrap_or_else(|error| {
            tracing::error!(%error, "deployments that are due cannot be claimed; it is tried again");
            GLANCE
        });
        tokio::select! {
            () = told(&mut stopping) => {}
            () = async { drop(bell.changed().await); sleep(GATHER).await } => {}
            Some(ended) = keeper.visits.join_next_with_id() => keeper.ended(ended),
            () = sleep(pause) => {}
        }
    }
    let farewell = async { while keeper.visits.join_next().await.is_some() {} };
    if timeout(FAREWELL, farewell).await.is_err() {
        tracing::warn!("some deployments were left in the middle of a visit; the next server goes on with them");
    }
}

/// Waits until told to stop.
async fn told(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stop| *stop).await);
}

struct Keeper {
    app: App,
    backend: Arc<dyn Backend>,
    /// This server process in leases.
    holder: String,
    /// Each answers whether anything runs.
    visits: JoinSet<bool>,
    visited: HashMap<task::Id, DeploymentId>,
    /// Those of which something runs, and when that had last changed before they were last visited.
    watched: HashMap<DeploymentId, Option<SystemTime>>,
}

impl Keeper {
    fn new(app: App) -> Self {
        Self {
            backend: backends::of(&app),
            holder: uuid::Uuid::now_v7().simple().to_string(),
            visits: JoinSet::new(),
            visited: HashMap::new(),
            watched: HashMap::new(),
            app,
        }
    }

    /// Claims what is due, as far as there are places, and begins to visit it. Answers how long nothing is due.
    async fn take_up(&mut self) -> Result<Duration> {
        let places = VISITS.saturating_sub(self.visits.len());
        if places == 0 {
            return Ok(GLANCE);
        }
        let pause = self.until_due().await?;
        let changed = self.changed();
        if !pause.is_zero() && changed.is_empty() {
            return Ok(pause);
        }
        let claimed = self.claim(places, changed).await?;
        let pause = if claimed.is_empty() { GATHER } else { Duration::ZERO };
        for row in claimed {
            let (app, backend) = (self.app.clone(), self.backend.clone());
            let id = row.id;
            self.watched.insert(id, backend.changed(id));
            let task = self.visits.spawn(async move { visit(&work::cx(&app), &*backend, &row).await });
            self.visited.insert(task.id(), id);
        }
        Ok(pause)
    }

    fn ended(&mut self, ended: Result<(task::Id, bool), task::JoinError>) {
        let (task, runs) = match ended {
            Ok((task, runs)) => (task, runs),
            Err(error) => {
                tracing::error!(%error, "a visit to a deployment broke off; it is repeated when its lease has ended");
                (error.id(), true)
            }
        };
        if let Some(id) = self.visited.remove(&task)
            && !runs
        {
            self.watched.remove(&id);
        }
    }

    /// Those whose process has started or ended since they were visited.
    fn changed(&self) -> Vec<DeploymentId> {
        let visiting: HashSet<_> = self.visited.values().collect();
        let waiting = self.watched.iter().filter(|(id, _)| !visiting.contains(id));
        waiting
            .filter(|(id, when)| self.backend.changed(**id) != **when)
            .map(|(id, _)| *id)
            .collect()
    }

    /// How long until something is due, at most a glance.
    async fn until_due(&self) -> Result<Duration> {
        let now = self.app.store.clock().now();
        let next = work::cx(&self.app)
            .find::<Entity>()
            .filter(self.of_node().add(self.not_leased(now)))
            .order(Column::ReconcileAt, Order::Asc)
            .first()
            .await?;
        let wait = next.map(|row| (row.reconcile_at - now).to_std().unwrap_or_default());
        Ok(wait.unwrap_or(GLANCE).min(GLANCE))
    }

    fn of_node(&self) -> Condition {
        Condition::all().add(Column::Node.eq(self.app.node.as_str()))
    }

    /// Leases of other holders are those of servers that have ended.
    fn not_leased(&self, now: Time) -> Condition {
        Condition::any()
            .add(Column::LeaseHolder.is_null())
            .add(Column::LeaseHolder.ne(self.holder.as_str()))
            .add(Column::LeaseExpiresAt.lt(now))
    }

    async fn claim(&self, places: usize, changed: Vec<DeploymentId>) -> Result<Vec<Model>> {
        let now = self.app.store.clock().now();
        let due = Condition::any().add(Column::ReconcileAt.lte(now)).add(Column::Id.is_in(changed));
        let lease = [
            (Column::LeaseHolder, Expr::value(self.holder.as_str())),
            (Column::LeaseEpoch, Expr::col(Column::LeaseEpoch).add(1)),
            (Column::LeaseExpiresAt, Expr::value(now + LEASE)),
        ];
        let which = self.of_node().add(self.not_leased(now)).add(due);
        let cx = work::cx(&self.app);
        cx.db
            .bookkeep(async |tx| tx.claim::<Entity>(which, Column::ReconcileAt, places as u64, lease).await)
            .await
    }
}
