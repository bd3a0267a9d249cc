//! The table of wrong guesses, which all server processes count in.

use crate::clock::Time;
use sea_orm::entity::prelude::*;

/// Those of one address, at one login, or of one address at one login.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wrong_guess")]
pub struct Model {
    /// A digest of the address and the login, which are not stored.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// How many there were.
    pub count: i64,
    /// Until when no more are taken.
    pub locked_until: Option<Time>,
    /// When the last one was made.
    pub guessed_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
