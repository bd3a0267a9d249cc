//! The table of leased ports.

use crate::id::{DeploymentId, TenantId};
use sea_orm::entity::prelude::*;

/// A port of a node that a deployment has. The primary key does the locking.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "port_lease")]
pub struct Model {
    /// The node.
    #[sea_orm(primary_key, auto_increment = false)]
    pub node: String,
    /// The port.
    #[sea_orm(primary_key, auto_increment = false)]
    pub port: i64,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who listens there.
    pub deployment_id: DeploymentId,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
