//! The table of the policy, which has one row.

use crate::{clock::Time, id::PolicyId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// The policy that the vendor has written.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "policy")]
pub struct Model {
    /// The one there is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PolicyId,
    /// The rules; empty for those that come with the program.
    pub text: String,
    /// The RPCs that there were when it was written: a list of full paths. It says nothing about others.
    pub known: Json,
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
