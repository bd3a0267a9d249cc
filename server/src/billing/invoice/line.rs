//! The table of invoice lines.

use crate::id::{InvoiceId, InvoiceLineId, TenantId};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "invoice_line")]
pub struct Model {
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceLineId,
    /// Who owes it.
    pub tenant_id: TenantId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Counts from 1.
    pub position: i64,
    /// What it is for.
    pub description: String,
    /// How many.
    pub quantity: i64,
    /// Minor units of the full period for one.
    pub unit_amount: i64,
    /// Days that are charged.
    pub days: i64,
    /// Days of a full period.
    pub period_days: i64,
    /// Minor units of the line.
    pub amount: i64,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
