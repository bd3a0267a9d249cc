//! `tenantry stop`.

use crate::{
    config::Settings,
    deployments::backends::embedded,
    serve::lock,
    shim::{
        client::{self, Presence},
        run_folders_below,
        spec::{Phase, State},
    },
    terminal::{say, warn},
};
use anyhow::{Context, bail};
use futures::{StreamExt, stream};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How many instances are ended at a time.
const AT_ONCE: usize = 16;

/// Ends the server of the data folder, then every instance on this machine.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    let path = lock::path(&settings);
    if in_use(&path)? {
        end_server(&settings, &path).await?;
        say("The server has stopped.");
    } else {
        say(format_args!("No server runs on {}.", settings.data_dir.display()));
    }
    end_instances(&settings.data_dir).await
}

async fn end_server(settings: &Settings, path: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let pid = text
        .trim()
        .parse()
        .ok()
        .and_then(Pid::from_raw)
        .with_context(|| format!("{} holds no process id", path.display()))?;
    kill_process(pid, Signal::TERM).with_context(|| format!("cannot end the server with process id {text}"))?;
    let patience = settings.shutdown_deadline() + Duration::from_secs(5);
    let begun = Instant::now();
    while in_use(path)? {
        if begun.elapsed() > patience {
            bail!(
                "the server with process id {text} did not end within {} seconds",
                patience.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
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

/// Ends what runs. The rows still say what shall run, so the next server starts it again.
async fn end_instances(data_dir: &Path) -> anyhow::Result<()> {
    let ends = stream::iter(run_folders(data_dir)?).map(|run| async move { end(&run).await });
    let ends: Vec<_> = ends.buffer_unordered(AT_ONCE).collect().await;
    let ended = ends.iter().filter(|end| matches!(end, Ok(true))).count();
    say(match ended {
        0 => "No instance was running.".to_owned(),
        1 => "One instance has stopped. It starts again with the server.".to_owned(),
        count => format!("{count} instances have stopped. They start again with the server."),
    });
    let failed: Vec<_> = ends.into_iter().filter_map(Result::err).collect();
    failed.iter().for_each(warn);
    if failed.is_empty() {
        Ok(())
    } else {
        bail!("{} instances could not be stopped", failed.len())
    }
}

/// The run folders in which something may run: those that are there, unless their shim has ended on request and seen the end of everything it ran, and those that
/// are not there any more and have a shim all the same.
fn run_folders(data_dir: &Path) -> anyhow::Result<BTreeSet<PathBuf>> {
    let root = embedded::root(data_dir);
    let looking = || format!("cannot look into {}", root.display());
    let mut found = BTreeSet::from_iter(run_folders_below(&root)?);
    let entries = match fs::read_dir(&root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.with_context(looking)?,
    };
    for entry in entries {
        let run = embedded::run_folder(&entry.with_context(looking)?.path());
        if !matches!(State::read(&run), Ok(Some(state)) if state.phase == Phase::Stopped) {
            found.insert(run);
        }
    }
    Ok(found)
}

/// Ends one instance; whether it was running.
async fn end(run: &Path) -> Result<bool, client::Error> {
    let running = client::absent(run)? != Presence::Absent;
    if running {
        client::stop(run).await?;
    }
    Ok(running)
}
