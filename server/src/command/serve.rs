//! `tenantry serve`.

use crate::{
    clock::Clock,
    config::Settings,
    serve::{self, Running},
    terminal::say,
};
use tokio::signal::unix::{SignalKind, signal};

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    let running = start(settings, Clock::default()).await?;
    if let Some(token) = &running.setup_token {
        let url = &running.app.public_url;
        say(format_args!(
            "There is no admin yet. Make the first one here; the link works once:
  {url}/master/setup#{token}"
        ));
    }
    until_stopped(running).await
}

/// Starts a server and tells where it is.
pub(super) async fn start(settings: Settings, clock: Clock) -> anyhow::Result<Running> {
    let running = serve::start(settings, clock).await?;
    let url = &running.app.public_url;
    say(format_args!(
        "Tenantry is running at {url}\n  master portal    {url}/master/\n  tenant portal    {url}/tenant/\n  reseller portal  {url}/reseller/"
    ));
    Ok(running)
}

/// Serves until told to stop, and stops in good order.
pub(super) async fn until_stopped(running: Running) -> anyhow::Result<()> {
    told_to_stop().await;
    say(format_args!(
        "Stopping. Running calls get up to {} seconds; the instances run on (`tenantry stop` ends them too).",
        running.app.settings.shutdown_deadline().as_secs()
    ));
    running.stop().await;
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
pub(super) async fn told_to_stop() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
