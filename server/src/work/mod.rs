//! Background work: what is due by itself. Each kind is one line in [`run`], looks for rows that are due, and starts again from them after a crash.

use crate::{
    cx::{App, Cx},
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
        repeat("purges", Duration::from_secs(60), &app, &stopping, purge::tick),
        repeat("housekeeping", Duration::from_secs(60), &app, &stopping, housekeeping),
    );
}

/// Does a piece of work again and again: at once while it says that more is due, else after a pause or when something was changed. A failure is logged and does
/// not end the loop.
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
        let more = match work(&cx(app)).await {
            Ok(more) => more,
            Err(error) => {
                tracing::error!(work = name, %error, "background work failed; it is tried again");
                false
            }
        };
        if !more {
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => {}
                _ = timeout(pause, bell.changed()) => {}
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
