//! Background work: what is due by itself. Each kind is one line in [`run`], looks for rows that are due, and starts again from them after a crash.

use crate::{
    billing::due,
    cx::{App, Cx},
    deployments::{self, deployment},
    error::Result,
    platform::policy,
    store::{Actor, Platform},
    tenancy::{operation, purge},
};
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, Order, sea_query::ExprTrait};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// Works until told to stop.
pub async fn run(app: App, stopping: watch::Receiver<bool>) {
    if let Err(error) = operation::run::release(&cx(&app)).await {
        tracing::error!(%error, "cannot take over the operations of before; they go on when their leases end");
    }
    tokio::join!(
        app.store.follow_events(stopping.clone()),
        repeat(
            "operations",
            Duration::from_secs(1),
            Wake::Change,
            &app,
            &stopping,
            operation::run::tick
        ),
        repeat("policy", Duration::from_secs(1), Wake::Time, &app, &stopping, policy::follow),
        repeat("billing", Duration::from_secs(5), Wake::Time, &app, &stopping, due::run),
        repeat("purges", Duration::from_secs(60), Wake::Time, &app, &stopping, purge::tick),
        deployments::reconcile::run(app.clone(), stopping.clone()),
        deployments::measure::run(app.clone(), stopping.clone()),
        repeat(
            "deletions",
            Duration::from_secs(60),
            Wake::Time,
            &app,
            &stopping,
            deployment::wish::purge_next
        ),
        repeat("clock", Duration::from_secs(60), Wake::Time, &app, &stopping, set_clock),
        repeat("housekeeping", Duration::from_secs(60), Wake::Time, &app, &stopping, housekeeping),
    );
}

/// What ends a pause before its time.
#[derive(PartialEq)]
enum Wake {
    /// Something was changed.
    Change,
    /// Nothing.
    Time,
}

/// Does a piece of work again and again: at once while it says that more is due, else after a pause. A failure is logged, and tried
/// again after the pause only: what fails must not fill the log.
async fn repeat(
    name: &str,
    pause: Duration,
    wake: Wake,
    app: &App,
    stopping: &watch::Receiver<bool>,
    work: impl AsyncFn(&Cx<Platform>) -> Result<bool>,
) {
    let mut stopping = stopping.clone();
    let mut bell = app.store.bell();
    while !*stopping.borrow() {
        // Not in the match itself, which would keep what was read from, and with it a connection and its state of the database, over the pause.
        let done = work(&cx(app)).await;
        match done {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                _ = bell.changed(), if wake == Wake::Change => {}
                _ = sleep(pause) => {}
            },
            Err(error) => {
                tracing::error!(work = name, %error, "background work failed; it is tried again");
                if timeout(pause, stopping.wait_for(|stop| *stop)).await.is_ok() {
                    return;
                }
            }
        }
    }
}

/// How long answered requests are remembered, and ended sessions are kept.
const REQUESTS: TimeDelta = TimeDelta::hours(48);
const SESSIONS: TimeDelta = TimeDelta::days(30);
/// How many rows of a table are removed in one transaction.
const AT_ONCE: u64 = 1000;

/// Removes what nobody needs any more; answers whether there may be more of it. The newest event stays: it tells readers that they are up to date.
pub async fn housekeeping(cx: &Cx<Platform>) -> Result<bool> {
    use crate::identity::{guess, session::entity as session};
    use crate::store::{
        event::{KEPT, model as event},
        idempotency_record,
    };
    let now = cx.now();
    let Some(newest) = cx.find::<event::Entity>().order(event::Column::Seq, Order::Desc).first().await? else {
        return Ok(false);
    };
    cx.db
        .bookkeep(async |tx| {
            let read = event::Column::At.lt(now - KEPT).and(event::Column::Seq.lt(newest.seq));
            let answered = idempotency_record::Column::CreatedAt.lt(now - REQUESTS);
            let ended = session::Column::ExpiresAt.lt(now - SESSIONS);
            let events = tx.erase_some::<event::Entity>(read, event::Column::Seq, AT_ONCE).await?;
            let requests = tx
                .erase_some::<idempotency_record::Entity>(answered, idempotency_record::Column::Id, AT_ONCE)
                .await?;
            tx.erase::<guess::entity::Entity>(guess::entity::Column::GuessedAt.lt(now - guess::MEMORY))
                .await?;
            let sessions = tx.erase_some::<session::Entity>(ended, session::Column::Id, AT_ONCE).await?;
            Ok(events || requests || sessions)
        })
        .await
}

async fn set_clock(cx: &Cx<Platform>) -> Result<bool> {
    cx.app.store.set_clock().await.map(|()| false)
}

/// A piece of work on all rows.
pub fn cx(app: &App) -> Cx<Platform> {
    let actor = Actor::system(uuid::Uuid::now_v7().simple().to_string());
    Cx {
        app: app.clone(),
        caller: None,
        known: Default::default(),
        once: None,
        db: app.store.open(Platform::new(), actor),
    }
}
