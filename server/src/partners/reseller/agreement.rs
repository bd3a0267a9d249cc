//! The table of commission agreements.

use crate::{
    clock::Time,
    id::{AgreementId, ResellerId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One version of the terms on which a reseller earns.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "commission_agreement")]
pub struct Model {
    /// The version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    /// The reseller.
    pub reseller_id: ResellerId,
    /// Counts from 1; the highest is in force.
    pub version: i64,
    /// Parts per million of a customer's first invoice.
    pub initial_rate_ppm: i64,
    /// Parts per million of later ones.
    pub recurring_rate_ppm: i64,
    /// For how many later ones; 0 is for ever.
    pub recurring_invoices: i64,
    /// Days before it can be paid out.
    pub hold_days: i64,
    /// When it was made.
    pub created_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
