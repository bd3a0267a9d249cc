//! The table of operations.

use crate::{
    clock::Time,
    id::{DeploymentId, OperationId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// What an operation does.
    OperationKind {
        /// Makes a tenant.
        Onboard = "onboard",
        /// Removes a tenant's data.
        Purge = "purge",
    }
}

crate::words! {
    /// Where an operation stands.
    OperationState {
        /// Waits for a worker.
        Pending = "pending",
        /// At work.
        Running = "running",
        /// Taking back what was done.
        Compensating = "compensating",
        /// Done.
        Succeeded = "succeeded",
        /// Failed and taken back.
        Failed = "failed",
        /// A person must look.
        NeedsOperator = "needs_operator",
    }
}

/// Long work in stored steps.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "operation")]
pub struct Model {
    /// The operation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperationId,
    /// The tenant it is for.
    pub tenant_id: TenantId,
    /// The deployment it works on.
    pub deployment_id: Option<DeploymentId>,
    /// What it does.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// What was asked for.
    pub input: Json,
    /// Why it failed: `{step, reason, message, hint}`.
    pub error: Option<Json>,
    /// The worker that has it.
    pub lease_holder: Option<String>,
    /// Counts up each time a worker takes it; only the newest may write.
    pub lease_epoch: i64,
    /// Until when the worker has it.
    pub lease_expires_at: Option<Time>,
    /// When it is due to be taken up.
    pub run_at: Time,
    /// When it is given up.
    pub deadline_at: Time,
    /// When it ended.
    pub ended_at: Option<Time>,
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
