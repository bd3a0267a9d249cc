//! The table of resellers.

use crate::{clock::Time, id::ResellerId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Whether a reseller may bring new tenants.
    ResellerState {
        /// It may.
        Active = "active",
        /// It may not.
        Inactive = "inactive",
    }
}

/// A channel partner.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "reseller")]
pub struct Model {
    /// The reseller.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResellerId,
    /// Short name for machines, unique.
    pub code: String,
    /// The company's name.
    pub display_name: String,
    /// Where it is reached.
    pub contact_email: String,
    /// Whether it may bring new tenants.
    pub state: ResellerState,
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
