//! The table of deployments.

use crate::{
    clock::Time,
    id::{DeploymentId, TenantId},
};
use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize, Serializer};

crate::words! {
    /// What a deployment shall be.
    DesiredState {
        /// Running.
        Running = "running",
        /// Stopped by wish.
        Stopped = "stopped",
        /// Held by the vendor.
        Suspended = "suspended",
        /// Gone.
        Absent = "absent",
    }
}

crate::words! {
    /// What a deployment is.
    DeploymentState {
        /// Not begun.
        Pending = "pending",
        /// Being started.
        Starting = "starting",
        /// Running and proven healthy.
        Running = "running",
        /// Its probe fails.
        Unhealthy = "unhealthy",
        /// On its way down.
        Stopping = "stopping",
        /// Down by wish.
        Stopped = "stopped",
        /// Down by the vendor.
        Suspended = "suspended",
        /// It ends again and again, or could not be made.
        Failed = "failed",
        /// Deleted; its data is kept.
        Deleted = "deleted",
        /// Its data is being removed.
        Purging = "purging",
        /// Proven absent.
        Purged = "purged",
        /// Not observed for too long.
        Unknown = "unknown",
    }
}

crate::words! {
    /// How well a deployment does.
    Health {
        /// Its last probes passed.
        Healthy = "healthy",
        /// Its last probes failed.
        Unhealthy = "unhealthy",
        /// There is nothing to probe.
        Unknown = "unknown",
    }
}

crate::words! {
    /// With what a deployment was suspended or deleted.
    Cause {
        /// With its tenant.
        Tenant = "tenant",
        /// By itself.
        Deployment = "deployment",
    }
}

/// What is wrong with a deployment, kept as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Problem {
    /// A constant that programs can compare.
    pub reason: String,
    /// What happened, in a sentence.
    pub message: String,
    /// What to do about it, in a sentence.
    pub hint: String,
    /// How the process last ended: "exit 2" or "signal 9"; empty if it never did.
    pub last_exit: String,
    /// The last lines of its log at that time.
    pub log_tail: Vec<String>,
}

/// One isolated instance of the tenant's software: what it shall be, and what it was observed to be.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "deployment")]
pub struct Model {
    /// The deployment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DeploymentId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The name in its address.
    pub slug: String,
    /// What runs it: "embedded".
    pub backend: String,
    /// The server process's machine that runs it.
    pub node: String,
    /// What it shall be.
    pub desired_state: DesiredState,
    /// What it becomes when a suspension or a deletion ends: running or stopped.
    pub resume_state: DesiredState,
    /// Whether it is suspended, and with what. It stays so while it is deleted.
    pub held_by: Option<Cause>,
    /// Why it is suspended.
    pub suspend_reason: String,
    /// Memory it may use.
    pub memory_limit_bytes: i64,
    /// Subscribers it may hold; 0 is without limit.
    pub max_subscribers: i64,
    /// The first user of the instance.
    pub admin_email: String,
    /// The hash of that user's first password.
    #[serde(skip)]
    pub admin_password_hash: String,
    /// That password, sealed, until it was shown.
    #[serde(serialize_with = "hidden")]
    pub sealed_password: Option<String>,
    /// Counts up with each change of what it shall be.
    pub generation: i64,
    /// The generation that a running process must at least be of.
    pub restart_generation: i64,
    /// What it is; a pure function of the rest, kept for lists.
    pub state: DeploymentState,
    /// How well it does.
    pub health: Health,
    /// The version of the software that runs.
    pub version: String,
    /// Where it listens.
    pub port: Option<i64>,
    /// The generation that was last made so.
    pub observed_generation: i64,
    /// When it was last observed.
    pub observed_at: Option<Time>,
    /// Since when its process runs.
    pub process_started_at: Option<Time>,
    /// Since when it has data of its own: since it was first healthy.
    #[serde(skip)]
    pub data_since: Option<Time>,
    /// How often its process ended by itself.
    pub restarts: i64,
    /// How many of its last probes failed.
    #[serde(skip)]
    pub probe_failures: i64,
    /// What is wrong.
    pub error: Option<Problem>,
    /// How often in a row it could not be made what it shall be.
    #[serde(skip)]
    pub failures: i64,
    /// When it is due to be looked at.
    #[serde(skip)]
    pub reconcile_at: Time,
    /// The worker that has it.
    #[serde(skip)]
    pub lease_holder: Option<String>,
    /// Counts up each time a worker takes it.
    #[serde(skip)]
    pub lease_epoch: i64,
    /// Until when the worker has it.
    #[serde(skip)]
    pub lease_expires_at: Option<Time>,
    /// With what it was deleted.
    pub deleted_by: Option<Cause>,
    /// When it was deleted.
    pub deleted_at: Option<Time>,
    /// Until when that can be taken back.
    pub purge_at: Option<Time>,
    /// The version of the row, from 1.
    pub row_version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

/// A secret in an audit entry or an answer that is kept: only whether there is one.
fn hidden<S: Serializer>(secret: &Option<String>, s: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| "hidden").serialize(s)
}

impl ActiveModelBehavior for ActiveModel {}
