//! The table of tenants.

use crate::{
    clock::Time,
    id::{ResellerId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Where a tenant stands.
    TenantState {
        /// Being set up.
        Onboarding = "onboarding",
        /// Served and billed.
        Active = "active",
        /// Held by the vendor.
        Suspended = "suspended",
        /// Gone for its users; can be taken back.
        Deleted = "deleted",
        /// Its data is gone.
        Purged = "purged",
        /// Its onboarding failed and was undone.
        Failed = "failed",
    }
}

/// A customer of the vendor.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// The name in its address.
    pub slug: String,
    /// The company's name.
    pub display_name: String,
    /// Where it stands.
    pub state: TenantState,
    /// Why it stands there.
    pub state_reason: String,
    /// What it becomes when a deletion is taken back.
    pub resume_state: TenantState,
    /// Whom the vendor talks to.
    pub contact_name: String,
    /// The contact's email address.
    pub contact_email: String,
    /// The contact's telephone number.
    pub contact_phone: String,
    /// ISO 4217.
    pub billing_currency: String,
    /// IANA name.
    pub time_zone: String,
    /// Who brought it.
    pub reseller_id: Option<ResellerId>,
    /// The version of the row, from 1.
    pub row_version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was deleted.
    pub deleted_at: Option<Time>,
    /// Until when that can be taken back.
    pub purge_at: Option<Time>,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
