//! The table of invoices.

use crate::{
    clock::Time,
    id::{InvoiceId, SubscriptionId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Where an invoice stands.
    InvoiceState {
        /// Still being written.
        Draft = "draft",
        /// Finalised and to be paid.
        Open = "open",
        /// Paid in part.
        PartlyPaid = "partly_paid",
        /// Paid in full.
        Paid = "paid",
        /// Declared of no effect.
        Void = "void",
        /// Given up.
        Uncollectible = "uncollectible",
    }
}

/// A bill.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    /// The invoice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    /// Who owes it.
    pub tenant_id: TenantId,
    /// What it is for.
    pub subscription_id: SubscriptionId,
    /// The how-manieth of the subscription it is, from 1.
    pub ordinal: i64,
    /// Given without gaps when it is finalised.
    pub number: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// ISO 4217.
    pub currency: String,
    /// The first day of its period.
    pub period_start: Date,
    /// The day after the last one.
    pub period_end: Date,
    /// The sum of its lines in minor units.
    pub total: i64,
    /// What was paid so far.
    pub amount_paid: i64,
    /// When it was finalised.
    pub finalized_at: Option<Time>,
    /// Until when it is to be paid.
    pub due_at: Option<Time>,
    /// When it was paid in full.
    pub paid_at: Option<Time>,
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
