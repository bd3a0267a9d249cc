//! The table of number series.

use sea_orm::entity::prelude::*;

/// The next number of a kind of document.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "document_series")]
pub struct Model {
    /// The kind of document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The number that the next one gets.
    pub next_number: i64,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
