//! The table of invitations.

use crate::{
    clock::Time,
    id::{InvitationId, MembershipId},
};
use sea_orm::entity::prelude::*;

/// A single-use link with which a person accepts a role. Without a membership it is for the first admin.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    /// The invitation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    /// The role that is accepted with it.
    pub membership_id: Option<MembershipId>,
    /// SHA-256 of the token.
    pub token_hash: Vec<u8>,
    /// Until when it works; absent for the first admin's.
    pub expires_at: Option<Time>,
    /// When it was used or replaced.
    pub used_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
