//! Background work: what is due by itself.

use crate::{
    cx::{App, Cx},
    store::{Actor, Platform},
};
use tokio::sync::watch;

/// Works until told to stop.
pub async fn run(app: App, mut stopping: watch::Receiver<bool>) {
    let _ = cx(&app);
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// A piece of work on all rows.
pub fn cx(app: &App) -> Cx<Platform> {
    let actor = Actor::system(uuid::Uuid::now_v7().simple().to_string());
    Cx { app: app.clone(), caller: None, db: app.store.open(Platform::new(), actor) }
}
