//! The table of deployments.

use crate::{
    clock::Time,
    id::{DeploymentId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

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
    /// What it becomes when a suspension ends.
    pub resume_state: DesiredState,
    /// Who suspended it: empty, "tenant" (with its tenant) or "deployment" (by itself).
    pub held_by: String,
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
    #[serde(skip)]
    pub sealed_password: Option<String>,
    /// Counts up with each change of what it shall be.
    pub generation: i64,
    /// The generation at which a restart was last asked for.
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
    /// How often its process ended by itself.
    pub restarts: i64,
    /// What is wrong: `{reason, message, hint, last_exit, log_tail}`.
    pub error: Option<Json>,
    /// When it is due to be looked at.
    pub reconcile_at: Time,
    /// The worker that has it.
    pub lease_holder: Option<String>,
    /// Counts up each time a worker takes it.
    pub lease_epoch: i64,
    /// Until when the worker has it.
    pub lease_expires_at: Option<Time>,
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

impl ActiveModelBehavior for ActiveModel {}
