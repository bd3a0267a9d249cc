//! One run of the program: its process group, its output, its end.

use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, test_kill_process_group, wait};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::launch;
use super::log::Stream;
use super::process::{self, ProcessId};
use super::segment::{Lines, Writer};
use super::spec::{Spec, State};

/// How long killed processes may take to be gone. Only one that hangs in the kernel takes longer.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last output may take to arrive after everybody who could write it is gone.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(500);

/// How the program ended. Neither: it could not be started.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ending {
    pub code: Option<i32>,
    pub signal: Option<i32>,
}

impl Ending {
    fn of(status: WaitStatus) -> Self {
        Self {
            code: status.exit_status(),
            signal: status.terminating_signal(),
        }
    }

    pub(super) fn describe(&self) -> Option<String> {
        let code = self.code.map(|code| format!("exit code {code}"));
        code.or_else(|| self.signal.map(|signal| format!("signal {signal}")))
    }
}

/// The log, shared by the shim and the readers of the program's output.
#[derive(Clone)]
pub(super) struct Log(Arc<Mutex<Writer>>);

impl Log {
    pub(super) fn new(writer: Writer) -> Self {
        Self(Arc::new(Mutex::new(writer)))
    }

    /// Writes a line of the shim's own.
    pub(super) fn line(&self, text: &str) {
        self.write(Stream::Shim, &[text.to_owned()]);
    }

    fn write(&self, stream: Stream, texts: &[String]) {
        if !texts.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(stream, texts);
        }
    }
}

/// A started program.
pub(super) struct Run {
    pub id: ProcessId,
    /// Set when the program itself has ended; others of its group may still run.
    pub ending: Option<Ending>,
    output: Vec<JoinHandle<()>>,
}

impl Run {
    /// Starts the program in its own process group. Call it on the main thread: the program dies with the thread that
    /// started it.
    pub(super) fn start(spec: &Spec, shim: ProcessId, log: &Log) -> io::Result<Self> {
        let mut command = launch::command(spec, shim.pid)?;
        let (out, out_writer) = io::pipe()?;
        let (err, err_writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(out_writer).stderr(err_writer);
        let child = command.spawn()?;
        // Else the shim would hold the writing ends and never see their end.
        drop(command);
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        // Not reaped yet, so it is there even if it has ended already.
        let id = ProcessId::of(pid)?.ok_or_else(|| io::Error::other("/proc does not show the program"))?;
        let output = vec![
            follow(out.into(), Stream::Out, log.clone())?,
            follow(err.into(), Stream::Err, log.clone())?,
        ];
        Ok(Self { id, ending: None, output })
    }

    /// Sends a signal to the program's process group. That nobody is left to receive it is no error.
    pub(super) fn signal(&self, signal: Signal) {
        if let Ok(group) = process::number(self.id.pid) {
            kill_process_group(group, signal).ok();
        }
    }

    pub(super) fn group_is_empty(&self) -> bool {
        process::number(self.id.pid).is_ok_and(|group| test_kill_process_group(group).is_err())
    }

    /// Reaps all children that have ended and notes the end of the program among them.
    pub(super) fn reap(&mut self) {
        let Self { id, ending, .. } = self;
        reap(|pid, status| {
            if pid == id.pid {
                *ending = Some(Ending::of(status));
            }
        });
    }

    /// Kills whatever the program left behind, also outside its group, and takes the rest of its output.
    pub(super) async fn finish(self) {
        self.signal(Signal::KILL);
        let deadline = Instant::now() + KILL_TIMEOUT;
        // The shim adopts orphans, so whoever is left becomes its child sooner or later.
        while kill_children(self.id).unwrap_or(true) && Instant::now() < deadline {
            sleep(Duration::from_millis(5)).await;
            reap(|_, _| {});
        }
        for output in self.output {
            let abort = output.abort_handle();
            if tokio::time::timeout(OUTPUT_TIMEOUT, output).await.is_err() {
                abort.abort();
            }
        }
    }
}

/// Reaps all children that have ended.
pub(super) fn reap(mut ended: impl FnMut(i32, WaitStatus)) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        ended(pid.as_raw_nonzero().get(), status);
    }
}

/// Kills the processes that an earlier shim of the same folder left behind, and waits until they are gone.
pub(super) fn kill_leftovers(earlier: &State) -> io::Result<()> {
    let boot_id = process::boot_id()?;
    let deadline = std::time::Instant::now() + KILL_TIMEOUT;
    loop {
        let processes = process::all()?;
        let left = earlier.members(&processes, &boot_id);
        if left.is_empty() {
            return Ok(());
        }
        if std::time::Instant::now() > deadline {
            let pids: Vec<i32> = left.iter().map(|process| process.id.pid).collect();
            return Err(io::Error::other(format!("processes {pids:?} do not end after SIGKILL")));
        }
        for process in left {
            // One that ended meanwhile is no error.
            kill_process(process::number(process.id.pid)?, Signal::KILL).ok();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Kills all children of this process. Whether there were any.
fn kill_children(run: ProcessId) -> io::Result<bool> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let mut found = false;
    for child in process::all()? {
        if child.parent == own || child.group == run.pid {
            found = true;
            kill_process(process::number(child.id.pid)?, Signal::KILL).ok();
        }
    }
    Ok(found)
}

/// Copies one stream of the program into the log until its end.
fn follow(stream: OwnedFd, kind: Stream, log: Log) -> io::Result<JoinHandle<()>> {
    let mut stream = pipe::Receiver::from_owned_fd(stream)?;
    Ok(tokio::spawn(async move {
        let mut lines = Lines::default();
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            log.write(kind, &lines.feed(&buffer[..count]));
        }
        log.write(kind, lines.rest().as_slice());
    }))
}
