//! `tenantry stop`.

use crate::{config::Settings, serve::lock};
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::{Duration, Instant},
};

/// Ends the server of the data folder, then every instance on this machine.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    let path = lock::path(&settings);
    if in_use(&path)? {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let pid = text
            .trim()
            .parse()
            .ok()
            .and_then(Pid::from_raw)
            .with_context(|| format!("{} holds no process id", path.display()))?;
        kill_process(pid, Signal::TERM).with_context(|| format!("cannot end the server with process id {text}"))?;
        let patience = settings.shutdown_deadline() + Duration::from_secs(5);
        let begun = Instant::now();
        while in_use(&path)? {
            if begun.elapsed() > patience {
                bail!(
                    "the server with process id {text} did not end within {} seconds",
                    patience.as_secs()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        println!("The server has stopped.");
    } else {
        println!("No server runs on {}.", settings.data_dir.display());
    }
    Ok(())
}

/// Whether a server holds the lock.
fn in_use(path: &Path) -> anyhow::Result<bool> {
    let Ok(file) = File::open(path) else { return Ok(false) };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error).context("cannot look at the lock of the server"),
    }
}
