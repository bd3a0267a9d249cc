//! Payments: money that was received.

pub mod convert;
pub mod entity;

use super::{
    invoice::{self, entity::InvoiceState},
    subscription,
};
use crate::{
    clock::Time,
    convert::{Check, check_etag},
    cx::Cx,
    error::{Error, Result},
    id::{InvoiceId, PaymentId, TenantId},
    partners::commission,
    store::{Change, Field, Fields, Page, Platform, Query, Scope, Visible},
};
use entity::{Column, Entity, Model, PaymentMethod};

/// What lists of payments can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::id::<InvoiceId>("invoice_id", Column::InvoiceId),
    Field::word("method", Column::Method, PaymentMethod::WORDS),
    Field::time("receive_time", Column::ReceivedAt).sortable(),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// A payment to be recorded. What is wrong with it is answered at once with what is wrong for its invoice.
pub struct NewPayment {
    /// What is wrong whatever the invoice.
    pub wrong: Check,
    /// The invoice, if that is an id.
    pub invoice_id: Option<InvoiceId>,
    /// The version of the invoice that the caller has seen; empty for any.
    pub etag: String,
    /// ISO 4217.
    pub currency: String,
    /// Minor units.
    pub amount: i64,
    /// How it was paid.
    pub method: PaymentMethod,
    /// The payer's or the bank's reference.
    pub reference: String,
    /// When the money was received, if not now.
    pub received_at: Option<Time>,
}

/// One page of payments.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Model>>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().page(FIELDS, "create_time desc", query).await
}

/// Records a payment: it pays the invoice in part or in full, and what the reseller earns arises with it. Payments of one invoice wait for one another.
pub async fn record(cx: &Cx<Platform>, new: NewPayment) -> Result<Model> {
    cx.change(Change::new("payment.record"), async |tx| {
        let now = tx.db().clock().business();
        let mut wrong = new.wrong;
        let received_at = new.received_at.unwrap_or(now);
        if received_at > now {
            wrong.bad("payment.receive_time", "must not lie in the future");
        }
        let found = match new.invoice_id {
            Some(id) => tx.lock::<invoice::entity::Entity>(id).await,
            None => Err(Error::NotFound("invoice")),
        };
        let before = match found {
            Ok(invoice) if check_etag(&new.etag, invoice.row_version).is_ok() && invoice.state.may_become(InvoiceState::Paid) => invoice,
            other => {
                wrong.done()?;
                let invoice = other?;
                check_etag(&new.etag, invoice.row_version)?;
                let state = invoice.state.to_string().replace('_', " ");
                let message = format!("The invoice is {state}, so that nothing can be paid for it.");
                return Err(Error::precondition("INVOICE_NOT_OWED", "invoice", message));
            }
        };
        if new.currency != before.currency {
            let message = format!("must be {}, the currency of the invoice", before.currency);
            wrong.bad("payment.amount.currency_code", message);
        }
        let due = before.due();
        if new.amount > due {
            let message = format!("must be at most {due}, which is what is left to pay");
            wrong.bad("payment.amount.minor_units", message);
        }
        wrong.done()?;

        let payment = Model {
            id: PaymentId::new(),
            tenant_id: before.tenant_id,
            invoice_id: before.id,
            currency: new.currency,
            amount: new.amount,
            method: new.method,
            reference: new.reference,
            received_at,
            row_version: 1,
            created_at: now,
            updated_at: now,
        };
        let payment = tx.insert(payment).await?;
        let invoice = tx
            .update(&before, |i| {
                i.amount_paid += payment.amount;
                i.state = if payment.amount == due {
                    InvoiceState::Paid
                } else {
                    InvoiceState::PartlyPaid
                };
                i.paid_at = (payment.amount == due).then_some(received_at);
                i.updated_at = now;
            })
            .await?;
        commission::earn(tx, &invoice, &payment).await?;
        if before.overdue(now) && !invoice.overdue(now) {
            subscription::settle(tx, invoice.subscription_id).await?;
        }
        Ok(payment)
    })
    .await
}
