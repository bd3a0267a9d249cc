//! The table of users.

use crate::{clock::Time, id::UserId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Whether a person can sign in.
    UserState {
        /// Has not accepted the invitation yet.
        Invited = "invited",
        /// Can sign in.
        Active = "active",
    }
}

/// A person who signs in. What an account may know of the person is in the membership.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// The user.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The login in its one spelling. Unique.
    pub email: String,
    /// The person's name.
    pub display_name: String,
    /// Argon2id, absent until a password was set.
    #[serde(skip)]
    pub password_hash: Option<String>,
    /// Whether the person has a password.
    pub state: UserState,
    /// When the person last signed in.
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
