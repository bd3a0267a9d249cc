//! The table of operation steps.

use crate::{
    clock::Time,
    id::{OperationId, OperationStepId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Where a step stands.
    OperationStepState {
        /// Not begun.
        Pending = "pending",
        /// At work.
        Running = "running",
        /// Done.
        Succeeded = "succeeded",
        /// Failed.
        Failed = "failed",
        /// Done and taken back.
        Undone = "undone",
    }
}

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "operation_step")]
pub struct Model {
    /// The step.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OperationStepId,
    /// The tenant it is for.
    pub tenant_id: TenantId,
    /// The operation.
    pub operation_id: OperationId,
    /// Counts from 1.
    pub position: i64,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: OperationStepState,
    /// How often it was tried.
    pub attempts: i64,
    /// What it waits for or what went wrong.
    pub message: String,
    /// When it was first tried.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
