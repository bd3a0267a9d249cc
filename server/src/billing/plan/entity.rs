//! The table of plans.

use crate::{clock::Time, id::PlanId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Whether a plan can be sold.
    PlanState {
        /// Tenants can be put on it.
        Active = "active",
        /// No new tenant gets it.
        Archived = "archived",
    }
}

/// What the vendor sells.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    /// The plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    /// Short name for machines, unique.
    pub code: String,
    /// The name a customer reads.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// How many deployments a tenant may have.
    pub deployments: i64,
    /// Memory of each deployment.
    pub memory_bytes: i64,
    /// Subscribers of each deployment; 0 is without limit.
    pub subscribers: i64,
    /// How many users a tenant may have.
    pub users: i64,
    /// Whether it can be sold.
    pub state: PlanState,
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
