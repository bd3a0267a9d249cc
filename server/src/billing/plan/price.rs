//! The table of prices.

use crate::{
    clock::Time,
    id::{PlanId, PriceId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// How often a price is charged.
    Cadence {
        /// Every month.
        Monthly = "monthly",
        /// Every three months.
        Quarterly = "quarterly",
        /// Every twelve months.
        Yearly = "yearly",
    }
}

/// What a plan costs for one full period.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "price")]
pub struct Model {
    /// The price.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PriceId,
    /// The plan.
    pub plan_id: PlanId,
    /// ISO 4217.
    pub currency: String,
    /// How often it is charged.
    pub cadence: Cadence,
    /// Minor units for one full period.
    pub amount: i64,
    /// When it was made.
    pub created_at: Time,
    /// Since when it is not sold any more.
    pub retired_at: Option<Time>,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
