//! The shim: the parent of one instance process, which outlives the server.
//!
//! The server writes `spec.json` into a deployment's run folder and starts `tenantry shim --dir FOLDER`. The shim
//! makes its own session, starts the program under its limits, writes what the program prints into log segments,
//! keeps `state.json` up to date, starts the program again with back-off after an unexpected exit and answers
//! requests on `shim.sock`. A server that comes back finds the shim through that folder and takes it over.
//!
//! * [`spec`]: the files and messages that both sides share.
//! * [`client`]: what the server calls.
//! * [`log`] and [`sample`]: reading logs and measurements.

mod backoff;
pub mod client;
mod http;
mod launch;
pub mod log;
mod process;
mod run;
pub mod sample;
mod search;
mod segment;
mod socket;
pub mod spec;
mod supervisor;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use rustix::fs::Mode;
use rustix::io::Errno;

use run::Log;
use segment::Writer;
use spec::{LOCK_FILE, Spec, State};
use supervisor::Supervisor;

pub use process::{ProcessId, working_in};
pub use search::run_folders_below;

/// The shim works in its run folder.
const HERE: &str = ".";

/// Arguments of `tenantry shim`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Run folder of the deployment, which holds spec.json
    #[arg(long, required_unless_present = "launch")]
    dir: Option<PathBuf>,

    /// Applies limits and becomes the program; the shim starts itself so
    #[arg(long, hide = true, conflicts_with = "dir")]
    launch: Option<String>,
}

/// Runs the shim until its program was stopped on request.
///
/// It makes its own runtime, so it must be called outside any other, on the main thread: the program is set to die
/// with the thread that started it.
pub fn run(args: Args) -> anyhow::Result<()> {
    if let Some(launch) = args.launch {
        return launch::become_program(&launch);
    }
    let dir = args.dir.context("The run folder is missing: give --dir.")?;
    std::env::set_current_dir(&dir).with_context(|| format!("The run folder {} cannot be entered", dir.display()))?;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let _lock = lock(&dir)?;
    detach(&dir)?;
    let spec = Spec::read(Path::new(HERE)).context("The spec cannot be used")?;
    if let Some(earlier) = State::read(Path::new(HERE))? {
        run::kill_leftovers(&earlier).context("Processes of an earlier shim cannot be ended")?;
    }
    let writer = Writer::open(&spec.log_dir).with_context(|| format!("The log folder {} cannot be used", spec.log_dir.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Supervisor::new(spec, Log::new(writer))?.run().await })
}

/// One shim per run folder: the lock is held until this process ends, however it ends.
fn lock(dir: &Path) -> anyhow::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(LOCK_FILE)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("Another shim already runs for {}.", dir.display()),
        Err(TryLockError::Error(error)) => Err(error).context("The run folder cannot be locked"),
    }
}

/// Leaves the session of whoever started this, and becomes the parent of all orphans of the program.
fn detach(dir: &Path) -> anyhow::Result<()> {
    match rustix::process::setsid() {
        Ok(_) => {}
        Err(Errno::PERM) => bail!(
            "The shim cannot make its own session because it leads a process group. From a shell, start it as: setsid tenantry shim --dir {}",
            dir.display()
        ),
        Err(error) => return Err(error).context("The shim cannot make its own session"),
    }
    let own = rustix::process::getpid();
    rustix::process::set_child_subreaper(Some(own)).context("The shim cannot adopt orphans")
}
