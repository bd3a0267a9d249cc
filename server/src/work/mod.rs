//! Background work: what is due by itself. Each kind is one line in [`run`], looks for rows that are due, and starts again from them after a crash.

use crate::{
    billing::due,
    cx::{App, Cx},
    deployments::{self, deployment},
    error::Result,
    store::{Actor, Platform},
    tenancy::{operation, purge},
};
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

/// Works until told to stop.
pub async fn run(app: App, stopping: watch::Receiver<bool>) {
    if let Err(error) = operation::run::release(&cx(&app)).await {
        tracing::error!(%error, "cannot take over the operations of before; they go on when their leases end");
    }
    tokio::join!(
        repeat("operations", Duration::from_secs(1), &app, &stopping, operation::run::tick),
        repeat("billing", Duration::from_secs(5), &app, &stopping, due::run),
        repeat("purges", Duration::from_secs(60), &app, &stopping, purge::tick),
        deployments::reconcile::run(app.clone(), stopping.clone()),
        deployments::measure::run(app.clone(), stopping.clone()),
        repeat("deletions", Duration::from_secs(60), &app, &stopping, deployment::wish::purge_next),
        repeat("housekeeping", Duration::from_secs(60), &app, &stopping, housekeeping),
    );
}

/// Does a piece of work again and again: at once while it says that more is due, else after a pause or when something was changed. A failure is logged, and tried
/// again after the pause only: what fails must not fill the log.
async fn repeat(
    name: &str,
    pause: Duration,
    app: &App,
    stopping: &watch::Receiver<bool>,
    work: impl AsyncFn(&Cx<Platform>) -> Result<bool>,
) {
    let mut stopping = stopping.clone();
    let mut bell = app.store.bell();
    while !*stopping.borrow() {
        match work(&cx(app)).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                _ = timeout(pause, bell.changed()) => {}
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

/// Removes what nobody needs any more: old events and answered requests.
async fn housekeeping(_: &Cx<Platform>) -> Result<bool> {
    Ok(false)
}

/// A piece of work on all rows.
pub fn cx(app: &App) -> Cx<Platform> {
    let actor = Actor::system(uuid::Uuid::now_v7().simple().to_string());
    Cx {
        app: app.clone(),
        caller: None,
        db: app.store.open(Platform::new(), actor),
    }
}
