//! A running server: opened, listening, and stopped in good order.

mod accept;
pub mod dispatch;
mod greeting;
pub mod limits;
pub mod lock;
mod portals;
mod web;

use crate::{
    auth::{CurrentPolicy, Policy, Refusals, Tokens, sessions},
    clock::Clock,
    config::Settings,
    cx::{App, Shared},
    identity, keys,
    platform::policy,
    store::Store,
    work,
};
use anyhow::Context;
use std::{fs, net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// A server that is listening.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it shares.
    pub app: App,
    /// The one-time token to make the first admin with, if there is none yet.
    pub setup_token: Option<String>,
    stop: Stop,
    accepting: JoinHandle<()>,
    working: JoinHandle<()>,
    deadline: Duration,
    _lock: lock::Lock,
}

/// Tells everything to stop, at the latest when the server is dropped: a test that fails stops none.
struct Stop(watch::Sender<bool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

/// Opens the data, begins to listen, and begins the background work.
pub async fn start(settings: Settings, clock: Clock) -> anyhow::Result<Running> {
    fs::create_dir_all(&settings.data_dir).with_context(|| format!("cannot make the data folder {}", settings.data_dir.display()))?;
    let lock = lock::take(&settings)?;
    let keys = keys::load(&settings.keys_dir())?;
    let store = Store::connect(&settings.database(), clock, keys.sealer)
        .await
        .context("cannot open the database")?;
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {} (the setting listen)", settings.listen))?;
    let address = listener.local_addr()?;
    let deadline = settings.shutdown_deadline();
    let app = App::new(Shared {
        public_url: settings.public_url(address),
        node: lock::node(&settings)?,
        store,
        tokens: Tokens::new(&keys.signing)?,
        policy: CurrentPolicy::new(Policy::built_in().await?),
        sessions: sessions(),
        questions: identity::session::Questions::default(),
        limits: limits::Limits::new(settings.calls_per_second),
        refusals: Refusals::default(),
        settings,
    });
    policy::follow(&work::cx(&app)).await.context("cannot read the policy")?;
    let setup_token = identity::first_admin::prepare(&app)
        .await
        .context("cannot prepare the first admin")?;
    let (stop, stopping) = watch::channel(false);
    let accepting = tokio::spawn(accept::run(listener, dispatch::Dispatch::new(&app), stopping.clone(), deadline));
    let working = tokio::spawn(work::run(app.clone(), stopping));
    Ok(Running {
        address,
        app,
        setup_token,
        stop: Stop(stop),
        accepting,
        working,
        deadline,
        _lock: lock,
    })
}

impl Running {
    /// Stops: no new calls, streams end, running calls and work get until the deadline. Instances go on.
    pub async fn stop(self) {
        self.stop.0.send_replace(true);
        let ended = async {
            let _ = self.accepting.await;
            let _ = self.working.await;
        };
        if tokio::time::timeout(self.deadline + Duration::from_secs(1), ended).await.is_err() {
            tracing::warn!("some work did not end in time");
        }
        self.app.store.close().await;
    }
}
