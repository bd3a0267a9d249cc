//! The table of sessions.

use crate::{
    clock::Time,
    id::{MembershipId, SessionId, UserId},
};
use sea_orm::entity::prelude::*;

crate::words! {
    /// One of the three portals.
    Portal {
        /// The vendor's.
        Master = "master",
        /// The ISP's.
        Tenant = "tenant",
        /// The channel partner's.
        Reseller = "reseller",
    }
}

/// A person who is signed in to one account.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// The session.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// The person.
    pub user_id: UserId,
    /// The role it acts with.
    pub membership_id: MembershipId,
    /// The portal.
    pub portal: Portal,
    /// Counts up with each refresh; a refresh token is good for one generation.
    pub generation: i64,
    /// When it was last refreshed.
    pub rotated_at: Time,
    /// When its refresh token ends.
    pub expires_at: Time,
    /// When it was ended.
    pub ended_at: Option<Time>,
    /// Where it was begun.
    pub remote_address: String,
    /// When it was begun.
    pub created_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
