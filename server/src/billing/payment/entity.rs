//! The table of payments.

use crate::{
    clock::Time,
    id::{InvoiceId, PaymentId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// How a payment was made.
    PaymentMethod {
        /// A transfer.
        BankTransfer = "bank_transfer",
        /// Cash.
        Cash = "cash",
        /// A cheque.
        Cheque = "cheque",
        /// Another way outside the system.
        Other = "other",
    }
}

/// Money that was received for an invoice.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    /// The payment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// Who paid.
    pub tenant_id: TenantId,
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
    /// How it was paid.
    pub method: PaymentMethod,
    /// The payer's or the bank's reference.
    pub reference: String,
    /// When the money was received.
    pub received_at: Time,
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
