//! The default backend: child processes of this machine, each below a shim that outlives the server.
//!
//! A deployment has the folder `deployments/{id}` in the data folder: `data` and `files` are its own, `logs` holds what it printed, `run` is where the shim and the
//! server meet. Everything is found again by these names, so a server that was started again goes on where another one ended.

use super::{Backend, Counters, Fault, Observed, Process, Workload, port};
use crate::{
    cx::{App, Cx},
    error::Error,
    id::DeploymentId,
    shim::{
        client::{self, Presence},
        log::{self, LogLine},
        sample::{self, Processes},
        spec::{Phase, STATE_FILE, Spec, State},
    },
    store::Platform,
    work,
};
use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use futures::{StreamExt, stream};
use std::{
    fs::{self, DirBuilder},
    io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Files that an instance may have open.
const MAX_OPEN_FILES: u64 = 1024;
/// What an instance may take to end before it is killed. It gives running requests four seconds.
const STOP_SECONDS: u64 = 10;
/// The longest wait before an instance that ended by itself is started again.
const BACKOFF_SECONDS: u64 = 60;
/// An instance that ran for so long has come up well.
pub(in crate::deployments) const WELL_AFTER_SECONDS: u64 = 60;
/// How many instances are asked for their counters at once.
const SCRAPES: usize = 16;

const LISTEN: &str = "TENANTRY_INSTANCE_LISTEN";
const DATA: &str = "TENANTRY_INSTANCE_DATA";
const VERSION: &str = "TENANTRY_INSTANCE_VERSION";

/// Child processes of this machine.
pub struct Embedded {
    app: App,
    root: PathBuf,
}

/// Where the deployments of a data folder are.
pub fn root(data_dir: &Path) -> PathBuf {
    std::path::absolute(data_dir)
        .unwrap_or_else(|_| data_dir.to_owned())
        .join("deployments")
}

/// The folder in which a deployment's folder meets its shim.
pub fn run_folder(deployment: &Path) -> PathBuf {
    deployment.join("run")
}

impl Embedded {
    /// Of this server process.
    pub fn new(app: &App) -> Self {
        Self {
            app: app.clone(),
            root: root(&app.settings.data_dir),
        }
    }

    fn folder(&self, id: DeploymentId) -> PathBuf {
        self.root.join(id.to_string())
    }

    fn run(&self, id: DeploymentId) -> PathBuf {
        run_folder(&self.folder(id))
    }

    /// The program that is shim and instance.
    fn program(&self) -> io::Result<PathBuf> {
        if let Some(program) = &self.app.settings.instance_program {
            return std::path::absolute(program);
        }
        let own = std::env::current_exe()?;
        // A newer program that has taken the place of this one is the right one.
        let path = own.to_str().and_then(|path| path.strip_suffix(" (deleted)")).map(PathBuf::from);
        Ok(path.unwrap_or(own))
    }

    fn cx(&self) -> Cx<Platform> {
        work::cx(&self.app)
    }

    fn make_folders(&self, id: DeploymentId) -> io::Result<()> {
        let folder = self.folder(id);
        for name in ["data", "files", "logs", "run"] {
            DirBuilder::new().recursive(true).mode(0o700).create(folder.join(name))?;
        }
        Ok(())
    }

    /// The port it has if it can listen there, else another one.
    async fn port(&self, workload: &Workload) -> Result<u16, Fault> {
        let process = self.observe(workload.id).await?.process;
        if process == Process::Leftover {
            self.stop(workload.id).await?;
        }
        match port::leased(&self.cx(), workload.id).await? {
            Some(port) if process == Process::Running || port::is_free(port) => Ok(port),
            _ => port::lease(&self.cx(), workload.tenant_id, workload.id)
                .await?
                .ok_or_else(|| Fault::Deployment {
                    reason: "NO_PORT",
                    message: "Every port for instances on this machine is taken.".into(),
                    hint: "Purge deployments that are not needed any more, or widen the settings instance_port_first and instance_port_last.",
                    cause: None,
                }),
        }
    }
}

#[async_trait]
impl Backend for Embedded {
    async fn ensure(&self, workload: &Workload) -> Result<(), Fault> {
        let folder = self.folder(workload.id);
        self.make_folders(workload.id).map_err(|e| cannot_start(e.into()))?;
        let port = self.port(workload).await?;
        let mut env = workload
            .environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect::<std::collections::BTreeMap<_, _>>();
        env.insert(LISTEN.into(), SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string());
        env.insert(DATA.into(), folder.join("data").display().to_string());
        env.insert(VERSION.into(), workload.version.into());
        let spec = Spec {
            program: self.program().map_err(|e| cannot_start(e.into()))?,
            args: vec!["instance".into()],
            env,
            workdir: folder.join("data"),
            log_dir: folder.join("logs"),
            memory_limit_bytes: workload.memory_limit_bytes,
            max_open_files: MAX_OPEN_FILES,
            generation: workload.generation.unsigned_abs(),
            stop_timeout_seconds: STOP_SECONDS,
            backoff_max_seconds: BACKOFF_SECONDS,
            backoff_reset_seconds: WELL_AFTER_SECONDS,
        };
        spec.write(&self.run(workload.id)).map_err(|e| cannot_start(e.into()))
    }

    async fn start(&self, id: DeploymentId) -> Result<(), Fault> {
        let program = self.program().map_err(|e| cannot_start(e.into()))?;
        client::spawn(&program, &self.run(id)).await.map_err(|e| cannot_start(e.into()))?;
        Ok(())
    }

    async fn restart(&self, id: DeploymentId) -> Result<(), Fault> {
        client::restart(&self.run(id)).await.map_err(|e| cannot_start(e.into()))?;
        Ok(())
    }

    async fn stop(&self, id: DeploymentId) -> Result<(), Fault> {
        client::stop(&self.run(id)).await.map_err(|e| cannot_stop(e.into()))
    }

    async fn release(&self, id: DeploymentId) -> Result<(), Fault> {
        self.stop(id).await?;
        let (folder, run) = (self.folder(id), self.run(id));
        let removed = tokio::task::spawn_blocking(move || {
            if let Presence::Alive(pids) = client::absent(&run)? {
                anyhow::bail!("processes {pids:?} still run");
            }
            let pids = crate::shim::working_in(&folder)?;
            if !pids.is_empty() {
                anyhow::bail!("processes {pids:?} still work in {}", folder.display());
            }
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
            if fs::exists(&folder)? {
                anyhow::bail!("{} is still there", folder.display());
            }
            Ok(())
        });
        removed.await.map_err(Error::internal)?.map_err(cannot_remove)?;
        Ok(port::release(&self.cx(), id).await?)
    }

    async fn observe(&self, id: DeploymentId) -> Result<Observed, Fault> {
        let run = self.run(id);
        let adopted = client::adopt(&run).await.map_err(|e| unclear(e.into()))?;
        let alive = adopted.is_some();
        let state = match adopted {
            Some(state) => Some(state),
            None => State::read(&run).map_err(|e| unclear(e.into()))?,
        };
        let process = match &state {
            Some(state) if alive => match state.phase {
                Phase::Starting | Phase::Running => Process::Running,
                Phase::Backoff => Process::Waiting,
                Phase::Stopping | Phase::Stopped => Process::Ending,
            },
            // Whatever its files say, or do not say any more.
            _ => leftover(run.clone()).await?,
        };
        let spec = Spec::read(&run).ok();
        let port = spec.as_ref().and_then(|spec| spec.env.get(LISTEN)?.parse::<SocketAddr>().ok());
        let port = port.map(|address| address.port());
        let soon = Utc::now() + TimeDelta::milliseconds(200);
        let about_to_start = |state: &State| state.next_start_at.is_some_and(|at| at < soon);
        // Looking takes the port for an instant, which must not be the one in which the instance wants it.
        let look = process == Process::Waiting && !state.as_ref().is_some_and(about_to_start);
        Ok(Observed {
            process,
            port_is_taken: look && port.is_some_and(|port| !port::is_free(port)),
            port,
            generation: state.as_ref().map_or(0, |s| i64::try_from(s.generation).unwrap_or(i64::MAX)),
            version: spec
                .filter(|spec| state.as_ref().is_some_and(|state| state.generation == spec.generation))
                .and_then(|spec| spec.env.get(VERSION).cloned()),
            started_at: state
                .as_ref()
                .filter(|_| process == Process::Running)
                .and_then(|state| state.started_at),
            restarts: state.as_ref().map(|state| state.restarts),
            exits: state.map(|state| state.exits).unwrap_or_default(),
            files: fs::exists(self.folder(id)).map_err(|e| unclear(e.into()))?,
            data: holds_something(&self.folder(id).join("data")).map_err(|e| unclear(e.into()))?,
        })
    }

    async fn probe(&self, port: u16) -> bool {
        sample::is_well(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
    }

    fn changed(&self, id: DeploymentId) -> Option<SystemTime> {
        fs::metadata(self.run(id).join(STATE_FILE)).ok()?.modified().ok()
    }

    async fn logs(&self, id: DeploymentId, after: Option<u64>, limit: usize) -> Result<Vec<LogLine>, Fault> {
        let logs = self.folder(id).join("logs");
        let read = tokio::task::spawn_blocking(move || match after {
            None => log::tail(&logs, limit),
            Some(after) => log::read(&logs, after, limit),
        });
        Ok(read.await.map_err(Error::internal)?.map_err(Error::internal)?)
    }

    async fn sample(&self, ids: &[DeploymentId]) -> Result<Vec<(DeploymentId, Counters)>, Fault> {
        let runs: Vec<_> = ids.iter().map(|id| (*id, self.run(*id))).collect();
        let look = tokio::task::spawn_blocking(move || {
            let processes = Processes::look()?;
            let measured = runs.into_iter().filter_map(|(id, run)| {
                let state = State::read(&run).ok()??;
                let usage = processes.usage(&state)?;
                let spec = Spec::read(&run).ok()?;
                Some((id, state.started_at?, usage, spec.env.get(LISTEN)?.parse().ok()?))
            });
            Ok::<Vec<(_, _, _, SocketAddr)>, io::Error>(measured.collect())
        });
        let found = look.await.map_err(Error::internal)?.map_err(Error::internal)?;
        let counters = stream::iter(found).map(|(id, started_at, usage, address)| async move {
            let traffic = sample::traffic(address).await.ok();
            let counters = Counters {
                started_at,
                usage,
                traffic,
            };
            (id, counters)
        });
        Ok(counters.buffer_unordered(SCRAPES).collect().await)
    }
}

fn holds_something(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is there where no shim answers.
async fn leftover(run: PathBuf) -> Result<Process, Fault> {
    let presence = tokio::task::spawn_blocking(move || client::absent(&run));
    match presence.await.map_err(Error::internal)?.map_err(|e| unclear(e.into()))? {
        Presence::Absent => Ok(Process::Absent),
        Presence::Alive(_) => Ok(Process::Leftover),
    }
}

fn cannot_start(cause: anyhow::Error) -> Fault {
    Fault::Deployment {
        reason: "CANNOT_START",
        message: "The instance could not be started on its machine.".into(),
        hint: "It is tried again by itself. If that does not help, the log of the server has the cause.",
        cause: Some(cause),
    }
}

fn cannot_stop(cause: anyhow::Error) -> Fault {
    Fault::Deployment {
        reason: "CANNOT_STOP",
        message: "It could not be proven that nothing of the instance runs any more.".into(),
        hint: "It is tried again by itself. If that does not help, the log of the server has the cause.",
        cause: Some(cause),
    }
}

fn cannot_remove(cause: anyhow::Error) -> Fault {
    Fault::Deployment {
        reason: "CANNOT_REMOVE",
        message: "The data of the instance could not be removed.".into(),
        hint: "It is tried again by itself. If that does not help, the log of the server has the cause.",
        cause: Some(cause),
    }
}

fn unclear(cause: anyhow::Error) -> Fault {
    Fault::Deployment {
        reason: "CANNOT_OBSERVE",
        message: "The state of the instance could not be found out.".into(),
        hint: "It is tried again by itself. If that does not help, the log of the server has the cause.",
        cause: Some(cause),
    }
}
