//! What the server and the shim share: the files of the run folder and the messages on its socket.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::process::{ProcessId, Stat};
use crate::private_file;

/// Written by the server: what to run.
pub const SPEC_FILE: &str = "spec.json";
/// Written by the shim: how it goes.
pub const STATE_FILE: &str = "state.json";
/// The socket on which the shim answers.
pub const SOCKET_FILE: &str = "shim.sock";
/// Locked by the shim for as long as it lives.
pub const LOCK_FILE: &str = "shim.lock";
/// What the shim itself prints: why it could not start.
pub const ERROR_FILE: &str = "shim.err";

/// How many exits a state remembers.
pub const KEPT_EXITS: usize = 20;

/// What a shim runs, and within which limits. The environment holds secrets, so the file has mode 0600 and the
/// `Debug` form shows names only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The program, as an absolute path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment. `PATH` is added where it is missing.
    pub env: BTreeMap<String, String>,
    /// The folder in which it runs, as an absolute path.
    pub workdir: PathBuf,
    /// The folder of the log segments, as an absolute path. Made if it is missing.
    pub log_dir: PathBuf,
    /// Private writable memory that each process of the program may have (RLIMIT_DATA).
    pub memory_limit_bytes: u64,
    /// Files that each process of the program may have open (RLIMIT_NOFILE).
    pub max_open_files: u64,
    /// The generation of the deployment that this is of.
    pub generation: u64,
    /// How long the program may take to end after SIGTERM before SIGKILL.
    pub stop_timeout_seconds: u64,
    /// The longest wait before the program is started again after an unexpected exit.
    pub backoff_max_seconds: u64,
    /// A run of this length counts as healthy: the next wait is one second again.
    pub backoff_reset_seconds: u64,
}

impl Spec {
    /// Reads and checks the spec of a run folder.
    pub fn read(dir: &Path) -> io::Result<Self> {
        let spec: Self = read_json(&dir.join(SPEC_FILE))?;
        for (name, path) in [("program", &spec.program), ("workdir", &spec.workdir), ("log_dir", &spec.log_dir)] {
            if !path.is_absolute() {
                let text = format!("{name} in {SPEC_FILE} is {}, which is no absolute path.", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
        }
        Ok(spec)
    }

    /// Writes the spec into a run folder, whole or not at all, readable by its owner only.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        write_json(dir, SPEC_FILE, self)
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("env", &self.env.keys())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What the shim does with its program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The program is about to be started.
    Starting,
    /// The program runs.
    Running,
    /// The program ended by itself and will be started again.
    Backoff,
    /// The program was told to end.
    Stopping,
    /// The program has ended on request and the shim ends too.
    Stopped,
}

/// One end of the program. Neither code nor signal: it could not be started at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code, if it ended by itself. 126 and 127 mean that it could not be started under its limits.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// When this run began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub at: DateTime<Utc>,
    /// Whether it was asked to end.
    pub asked: bool,
}

/// What a shim knows of its program; the content of `state.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The machine's boot, without which process ids mean nothing.
    pub boot_id: String,
    /// The generation of the spec that runs.
    pub generation: u64,
    /// What the shim does.
    pub phase: Phase,
    /// The shim itself; its pid is also the session of everything it runs.
    pub shim: ProcessId,
    /// The latest run of the program, which may have ended; its pid is also its process group.
    pub child: Option<ProcessId>,
    /// How often the program was started again after it, or its shim, ended unexpectedly; counts on from shim to shim.
    pub restarts: u64,
    /// When the program was last started.
    pub started_at: Option<DateTime<Utc>>,
    /// In back-off: when the program will be started again.
    pub next_start_at: Option<DateTime<Utc>>,
    /// The latest exits, oldest first, at most [`KEPT_EXITS`].
    pub exits: Vec<Exit>,
}

impl State {
    /// Reads the state of a run folder; none if no shim ever ran there. A state that is damaged says nothing either: it is for `/proc` to tell what runs.
    pub fn read(dir: &Path) -> io::Result<Option<Self>> {
        use io::ErrorKind::{InvalidData, NotFound};
        match read_json(&dir.join(STATE_FILE)) {
            Ok(state) => Ok(Some(state)),
            Err(error) if matches!(error.kind(), NotFound | InvalidData) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the state into a run folder, whole or not at all.
    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        write_json(dir, STATE_FILE, self)
    }

    /// How the program last ended.
    pub fn last_exit(&self) -> Option<&Exit> {
        self.exits.last()
    }

    /// The living processes of the program: those in its process group and in the shim's session, and no older
    /// than the program, so that processes which got the same numbers later do not count.
    pub(super) fn members<'a>(&self, processes: &'a [Stat], boot_id: &str) -> Vec<&'a Stat> {
        let Some(child) = self.child.filter(|_| self.boot_id == boot_id) else {
            return Vec::new();
        };
        let ours = |process: &&Stat| {
            process.group == child.pid && process.session == self.shim.pid && process.id.start_time >= child.start_time && process.alive
        };
        processes.iter().filter(ours).collect()
    }
}

/// A request to a shim: one line of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Answers the state.
    Status,
    /// Ends the program, then the shim. Answered when the program is gone.
    Stop,
    /// Ends the program, reads the spec again and starts it. Answered when it was started.
    Restart,
    /// As `Stop`, by SIGKILL at once.
    Kill,
}

/// The shim's answer: one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// The state after the request was carried out.
    State {
        /// The state.
        state: State,
    },
    /// The request was not carried out.
    Refused {
        /// Why, for a person.
        message: String,
    },
}

fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let text = fs::read(path)?;
    serde_json::from_slice(&text).map_err(|error| {
        let text = format!("{} cannot be read: {error}.", path.display());
        io::Error::new(io::ErrorKind::InvalidData, text)
    })
}

fn write_json<T: Serialize>(dir: &Path, name: &str, value: &T) -> io::Result<()> {
    private_file::write(&dir.join(name), &serde_json::to_vec(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn spec() -> Spec {
        Spec {
            program: "/bin/true".into(),
            args: vec![],
            env: BTreeMap::from([("SECRET".into(), "hunter2".into())]),
            workdir: "/".into(),
            log_dir: "/tmp".into(),
            memory_limit_bytes: 1,
            max_open_files: 1,
            generation: 1,
            stop_timeout_seconds: 1,
            backoff_max_seconds: 60,
            backoff_reset_seconds: 60,
        }
    }

    #[test]
    fn a_spec_is_private_and_comes_back_as_written() {
        let dir = tempfile::tempdir().unwrap();
        spec().write(dir.path()).unwrap();
        let mode = fs::metadata(dir.path().join(SPEC_FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Spec::read(dir.path()).unwrap(), spec());
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", spec()).contains("hunter2"));
    }

    #[test]
    fn a_relative_path_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        Spec {
            workdir: "data".into(),
            ..spec()
        }
        .write(dir.path())
        .unwrap();
        let error = Spec::read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("workdir"), "{error}");
    }

    #[test]
    fn requests_and_replies_have_a_stable_form() {
        assert_eq!(serde_json::to_string(&Request::Status).unwrap(), r#"{"request":"status"}"#);
        let refused = Reply::Refused { message: "No.".into() };
        assert_eq!(serde_json::to_string(&refused).unwrap(), r#"{"reply":"refused","message":"No."}"#);
    }

    #[test]
    fn no_state_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(State::read(dir.path()).unwrap(), None);
        for damaged in ["", "{\"boot_id\":", "[]"] {
            fs::write(dir.path().join(STATE_FILE), damaged).unwrap();
            assert_eq!(State::read(dir.path()).unwrap(), None);
        }
    }

    #[test]
    fn only_the_programs_own_processes_are_its_members() {
        let id = |pid, start_time| ProcessId { pid, start_time };
        let state = State {
            boot_id: "this boot".into(),
            generation: 1,
            phase: Phase::Running,
            shim: id(10, 100),
            child: Some(id(11, 105)),
            restarts: 0,
            started_at: None,
            next_start_at: None,
            exits: vec![],
        };
        let process = |pid, start_time, group, session, alive| Stat {
            id: id(pid, start_time),
            parent: 1,
            group,
            session,
            alive,
            cpu_ticks: 0,
            threads: 1,
            resident_pages: 1,
        };
        let processes = [
            process(11, 105, 11, 10, true),
            process(12, 300, 11, 10, true),
            // A zombie, another group, another session, and one that is older than the program.
            process(13, 300, 11, 10, false),
            process(14, 300, 14, 10, true),
            process(15, 300, 11, 15, true),
            process(16, 104, 11, 10, true),
        ];
        let pids = |boot| {
            state
                .members(&processes, boot)
                .iter()
                .map(|member| member.id.pid)
                .collect::<Vec<_>>()
        };
        assert_eq!(pids("this boot"), [11, 12]);
        assert!(pids("another boot").is_empty());
    }
}
