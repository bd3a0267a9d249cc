//! What the server calls: start a shim, talk to it, find it again, prove that it is gone.
//!
//! Nothing here is kept in memory: a run folder is all that is needed, so a server that was started again goes on
//! where another one stopped. The state that a shim leaves in its folder is only trusted where `/proc` shows the very
//! process that wrote it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::process::{self, ProcessId};
use super::run::kill_leftovers;
use super::search;
use super::spec::{ERROR_FILE, Reply, Request, SOCKET_FILE, Spec, State};

/// How long a shim may take to answer on its socket after it was started, and to answer a question about its state.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a shim that runs may not listen, because it is just starting or ending.
const ADOPT_TIMEOUT: Duration = Duration::from_secs(2);
/// What a stop may take beyond the program's own time: killing, and writing the state.
const STOP_MARGIN: Duration = Duration::from_secs(15);
/// What of that is kept for killing those that were told to end and did not.
const KILL_MARGIN: Duration = Duration::from_secs(4);

/// Why a shim could not be started or asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No shim answers for this run folder.
    #[error("No shim runs for {}.", .0.display())]
    NotRunning(PathBuf),
    /// A shim runs, but it does not answer in time.
    #[error("The shim of {} does not answer.", .0.display())]
    Unresponsive(PathBuf),
    /// The shim ended right after its start.
    #[error("The shim could not be started: {0}")]
    NotStarted(String),
    /// The shim did not carry out the request.
    #[error("The shim refused the request: {0}")]
    Refused(String),
    /// A file or the system failed.
    #[error("The shim of {} cannot be used: {source}", .dir.display())]
    Io {
        /// The run folder.
        dir: PathBuf,
        /// What failed.
        source: io::Error,
    },
}

/// Whether anything of a deployment still runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// `/proc` shows neither shim nor program nor any process of the program's group.
    Absent,
    /// These processes still run.
    Alive(Vec<i32>),
}

/// Starts a shim for a run folder with a spec in it, and waits until it answers. `program` is the `tenantry`
/// executable. The shim holds nothing of the server: no pipe, no environment, no session, so it outlives it.
pub async fn spawn(program: &Path, dir: &Path) -> Result<ProcessId, Error> {
    let io_error = |source| Error::Io {
        dir: dir.to_owned(),
        source,
    };
    let errors = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(dir.join(ERROR_FILE))
        .map_err(io_error)?;
    let mut command = Command::new(program);
    command.arg("shim").arg("--dir").arg(std::path::absolute(dir).map_err(io_error)?);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let mut child = command.spawn().map_err(io_error)?;
    let started = answered(&mut child, dir).await;
    // Whoever starts a process must take its exit code, or it stays as a zombie.
    tokio::spawn(async move { child.wait().await });
    started
}

async fn answered(child: &mut Child, dir: &Path) -> Result<ProcessId, Error> {
    let io_error = |source| Error::Io {
        dir: dir.to_owned(),
        source,
    };
    let deadline = Instant::now() + ANSWER_TIMEOUT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().map_err(io_error)? {
            let why = fs::read_to_string(dir.join(ERROR_FILE)).unwrap_or_default();
            let why = if why.trim().is_empty() {
                status.to_string()
            } else {
                why.trim().to_owned()
            };
            return Err(Error::NotStarted(why));
        }
        match status(dir).await {
            // Not the shim of an earlier time: that one makes the new one end at its lock.
            Ok(state) if child.id().and_then(|pid| i32::try_from(pid).ok()) == Some(state.shim.pid) => {
                return Ok(state.shim);
            }
            Ok(_) | Err(Error::NotRunning(_)) => sleep(Duration::from_millis(10)).await,
            Err(error) => return Err(error),
        }
    }
    Err(Error::Unresponsive(dir.to_owned()))
}

/// Asks a shim for its state.
pub async fn status(dir: &Path) -> Result<State, Error> {
    ask(dir, Request::Status, ANSWER_TIMEOUT).await
}

/// Ends the program and its shim, and answers when they are gone. Where the shim is gone already, whatever it left
/// behind is killed.
pub async fn stop(dir: &Path) -> Result<(), Error> {
    end(dir, Request::Stop).await
}

/// As [`stop`], but the program gets no time to end by itself.
pub async fn kill(dir: &Path) -> Result<(), Error> {
    end(dir, Request::Kill).await
}

/// Ends the program and starts it with the spec that is in the run folder now. The state says whether it runs: a stop
/// that came in between wins.
pub async fn restart(dir: &Path) -> Result<State, Error> {
    ask(dir, Request::Restart, stop_time(dir)?).await
}

/// Finds the shim of a run folder; none if it does not run. A process that merely has its number is never taken for
/// it: number and start time must be those of its state file, and it must answer on its socket itself.
pub async fn adopt(dir: &Path) -> Result<Option<State>, Error> {
    let deadline = Instant::now() + ADOPT_TIMEOUT;
    while living_shim(dir)?.is_some() {
        match status(dir).await {
            Ok(state) if living_shim(dir)? == Some(state.shim) => return Ok(Some(state)),
            // It is just starting or ending, or another one takes over.
            Ok(_) | Err(Error::NotRunning(_)) if Instant::now() < deadline => sleep(Duration::from_millis(20)).await,
            Ok(_) | Err(Error::NotRunning(_)) => return Err(Error::Unresponsive(dir.to_owned())),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The shim that wrote the state file, if that very process still runs.
fn living_shim(dir: &Path) -> Result<Option<ProcessId>, Error> {
    let look = || {
        let Some(state) = State::read(dir)? else {
            return Ok(None);
        };
        Ok((state.boot_id == process::boot_id()? && state.shim.is_alive()?).then_some(state.shim))
    };
    look().map_err(|source| Error::Io {
        dir: dir.to_owned(),
        source,
    })
}

/// Proves by `/proc` that nothing of a run folder runs, or says what does. Blocks for a few milliseconds.
pub fn absent(dir: &Path) -> Result<Presence, Error> {
    let alive = search::running(dir).map_err(|source| Error::Io {
        dir: dir.to_owned(),
        source,
    })?;
    Ok(if alive.is_empty() {
        Presence::Absent
    } else {
        Presence::Alive(alive)
    })
}

async fn end(dir: &Path, request: Request) -> Result<(), Error> {
    let time = stop_time(dir)?;
    let begun = Instant::now();
    let io_error = |source| Error::Io {
        dir: dir.to_owned(),
        source,
    };
    let (mut told, mut killed) = (Vec::new(), Vec::new());
    loop {
        match ask(dir, request, time).await {
            Ok(_) | Err(Error::NotRunning(_)) => {}
            Err(error) => return Err(error),
        }
        if living_shim(dir)?.is_none() {
            let now = request == Request::Kill || begun.elapsed() > time.saturating_sub(KILL_MARGIN);
            end_lost(dir, now, &mut told, &mut killed).map_err(io_error)?;
        }
        if absent(dir)? == Presence::Absent && !any_lives(&killed).map_err(io_error)? {
            return Ok(());
        }
        if begun.elapsed() > time {
            return Err(Error::Unresponsive(dir.to_owned()));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Ends what no state leads to: what a shim left that is gone, and shims whose folder was removed. Those end their
/// program in order when they are told once, and are killed with it where they must go now.
fn end_lost(dir: &Path, now: bool, told: &mut Vec<i32>, killed: &mut Vec<ProcessId>) -> io::Result<()> {
    if let Some(state) = State::read(dir)? {
        kill_leftovers(&state)?;
    }
    let shims = search::shims_of(dir)?;
    if now {
        killed.extend(search::kill(&shims)?);
        return Ok(());
    }
    let new: Vec<i32> = shims.into_iter().filter(|pid| !told.contains(pid)).collect();
    search::terminate(&new)?;
    told.extend(new);
    Ok(())
}

fn any_lives(processes: &[ProcessId]) -> io::Result<bool> {
    for process in processes {
        if process.is_alive()? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn stop_time(dir: &Path) -> Result<Duration, Error> {
    match Spec::read(dir) {
        Ok(spec) => Ok(Duration::from_secs(spec.stop_timeout_seconds) + STOP_MARGIN),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => Ok(STOP_MARGIN),
        Err(source) => Err(Error::Io {
            dir: dir.to_owned(),
            source,
        }),
    }
}

async fn ask(dir: &Path, request: Request, time: Duration) -> Result<State, Error> {
    let reply = match timeout(time, exchange(dir, request)).await {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) if nobody_listens(&error) => return Err(Error::NotRunning(dir.to_owned())),
        Ok(Err(source)) => {
            return Err(Error::Io {
                dir: dir.to_owned(),
                source,
            });
        }
        Err(_) => return Err(Error::Unresponsive(dir.to_owned())),
    };
    match reply {
        Reply::State { state } => Ok(state),
        Reply::Refused { message } => Err(Error::Refused(message)),
    }
}

async fn exchange(dir: &Path, request: Request) -> io::Result<Reply> {
    // A socket's path may have 107 bytes only. Through the open folder it is short, however long the folder's path is.
    let folder = File::open(dir)?;
    let path = format!("/proc/self/fd/{}/{SOCKET_FILE}", folder.as_raw_fd());
    let mut stream = UnixStream::connect(&path).await?;
    let mut line = serde_json::to_vec(&request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    if BufReader::new(stream).read_line(&mut answer).await? == 0 {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    serde_json::from_str(&answer).map_err(io::Error::other)
}

/// No folder, no socket, nobody behind it, or somebody who ended before the answer.
fn nobody_listens(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound};
    matches!(error.kind(), NotFound | ConnectionRefused | ConnectionReset | BrokenPipe)
}
