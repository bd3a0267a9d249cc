//! The table of memberships.

use super::entity::UserState;
use crate::{
    clock::Time,
    id::{MembershipId, ResellerId, TenantId, UserId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// What a person may do.
    Role {
        /// Everything in the master portal.
        MasterAdmin = "master_admin",
        /// The vendor's daily work.
        MasterOperator = "master_operator",
        /// Help for tenants.
        MasterSupport = "master_support",
        /// Reads the master portal.
        MasterViewer = "master_viewer",
        /// Everything in a tenant's portal.
        TenantAdmin = "tenant_admin",
        /// A tenant's daily work.
        TenantUser = "tenant_user",
        /// Reads a tenant's portal.
        TenantViewer = "tenant_viewer",
        /// Everything in a reseller's portal.
        ResellerAdmin = "reseller_admin",
        /// A reseller's daily work.
        ResellerAgent = "reseller_agent",
    }
}

/// A person's role in one account: a tenant's, a reseller's, or the platform's if neither is named. It holds all that the account may know of the person, so that
/// accounts that share a person do not learn of one another.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    /// The membership.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MembershipId,
    /// The person.
    pub user_id: UserId,
    /// The tenant.
    pub tenant_id: Option<TenantId>,
    /// The reseller.
    pub reseller_id: Option<ResellerId>,
    /// The role.
    pub role: Role,
    /// The person's login.
    pub email: String,
    /// The person's name in this account.
    pub display_name: String,
    /// Whether the person has accepted the role.
    pub state: UserState,
    /// When the person last signed in to this account.
    pub last_sign_in_at: Option<Time>,
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
