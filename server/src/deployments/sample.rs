//! The table of measurements.

use crate::{
    clock::Time,
    id::{DeploymentId, TenantId},
};
use sea_orm::entity::prelude::*;

/// What was measured of a deployment at one time.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deployment_sample")]
pub struct Model {
    /// The deployment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub deployment_id: DeploymentId,
    /// When.
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: Time,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Processor time since the sample before, in thousandths of a core.
    pub cpu_millicores: i64,
    /// Resident memory.
    pub memory_bytes: i64,
    /// Bytes received per second.
    pub receive_bytes_per_second: i64,
    /// Bytes sent per second.
    pub transmit_bytes_per_second: i64,
    /// Requests answered since the sample before.
    pub requests: i64,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
