//! `tenantry serve`.

use crate::{clock::Clock, config::Settings, serve};
use tokio::signal::unix::{SignalKind, signal};

/// What `serve` can be told.
#[derive(clap::Args)]
pub(super) struct Args {}

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn run(_: Args, settings: Settings) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let running = serve::start(settings, Clock::default()).await?;
    let url = &running.app.public_url;
    println!(
        "Tenantry is running at {url}\n  master portal    {url}/master/\n  tenant portal    {url}/tenant/\n  reseller portal  {url}/reseller/"
    );
    if let Some(setup) = &running.setup_url {
        println!("There is no admin yet. Make the first one here; the link works once:\n  {setup}");
    }
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    println!(
        "Stopping. Running calls get up to {} seconds; the instances run on.",
        running.app.settings.shutdown_deadline().as_secs()
    );
    running.stop().await;
    Ok(())
}
