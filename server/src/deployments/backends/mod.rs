//! What runs deployments. A backend knows workloads: what to start, with which environment and limits. It knows no tenants, plans, prices or brands.
//!
//! All primitives can be repeated: each makes so what it names, whatever was done before.

pub mod embedded;
mod port;

use crate::{
    clock::Time,
    cx::App,
    error::Error,
    id::{DeploymentId, TenantId},
    shim::{
        log::LogLine,
        sample::{Traffic, Usage},
        spec::Exit,
    },
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

/// What shall run for a deployment.
pub struct Workload {
    /// The deployment.
    pub id: DeploymentId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Of which generation this is.
    pub generation: i64,
    /// The version of the software.
    pub version: &'static str,
    /// What the software is told. The backend adds where it listens and where its data is.
    pub environment: BTreeMap<&'static str, String>,
    /// Memory it may use.
    pub memory_limit_bytes: u64,
}

/// What its process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// Nothing of it runs.
    Absent,
    /// It runs.
    Running,
    /// It ended by itself and will be started again.
    Waiting,
    /// It was told to end and has not ended.
    Ending,
    /// Nothing looks after it, but something of it may still run.
    Leftover,
}

/// What was seen of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Its process.
    pub process: Process,
    /// Of which generation that is.
    pub generation: i64,
    /// The version of the software that runs.
    pub version: Option<String>,
    /// Since when the process runs.
    pub started_at: Option<Time>,
    /// Where it listens.
    pub port: Option<u16>,
    /// Whether somebody else listens there, so that it cannot.
    pub port_is_taken: bool,
    /// How often it was started again after it ended by itself; none if it never ran.
    pub restarts: Option<u64>,
    /// How its process ended before, oldest first.
    pub exits: Vec<Exit>,
    /// Whether it has files of any kind.
    pub files: bool,
    /// Whether it has data.
    pub data: bool,
}

/// The counters of a deployment at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Since when its process runs.
    pub started_at: Time,
    /// What its processes use.
    pub usage: Usage,
    /// What it has sent and received; none if it does not tell.
    pub traffic: Option<Traffic>,
}

/// Why a primitive was not carried out.
#[derive(Debug)]
pub enum Fault {
    /// Something is wrong with this deployment or this machine: a constant, a sentence, what to do about it.
    Deployment {
        /// A constant that programs can compare.
        reason: &'static str,
        /// What happened, in a sentence.
        message: String,
        /// What to do about it, in a sentence.
        hint: &'static str,
        /// What the log of the server says besides; it may name what tenants need not know.
        cause: Option<anyhow::Error>,
    },
    /// The server itself is in trouble, for example without its database.
    Server(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// Runs workloads: the closed set of things that can be done with one.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Makes ready what a workload needs and writes down what shall run, without starting it.
    async fn ensure(&self, workload: &Workload) -> Result<(), Fault>;
    /// Starts what was made ready last.
    async fn start(&self, id: DeploymentId) -> Result<(), Fault>;
    /// Ends what runs and starts what was made ready last.
    async fn restart(&self, id: DeploymentId) -> Result<(), Fault>;
    /// Ends it. Answers when nothing of it runs any more.
    async fn stop(&self, id: DeploymentId) -> Result<(), Fault>;
    /// Removes everything. Answers when its absence is proven: no process, no port, no file.
    async fn release(&self, id: DeploymentId) -> Result<(), Fault>;
    /// Looks at it. Cheap, and changes nothing.
    async fn observe(&self, id: DeploymentId) -> Result<Observed, Fault>;
    /// Whether what listens at a port of it says that it is well. Has a deadline of two seconds.
    async fn probe(&self, port: u16) -> bool;
    /// When something about its process last changed; none if nothing ever ran. A glance that says whether to look.
    fn changed(&self, id: DeploymentId) -> Option<SystemTime>;
    /// Lines of its log after a sequence number, or its last ones; oldest first, at most `limit`.
    async fn logs(&self, id: DeploymentId, after: Option<u64>, limit: usize) -> Result<Vec<LogLine>, Fault>;
    /// The counters of those among these deployments that run.
    async fn sample(&self, ids: &[DeploymentId]) -> Result<Vec<(DeploymentId, Counters)>, Fault>;
}

/// The backend of this server process.
pub fn of(app: &App) -> Arc<dyn Backend> {
    Arc::new(embedded::Embedded::new(app))
}
