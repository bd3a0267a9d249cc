//! Commissions: what resellers earned, on money that was collected.

pub mod convert;
mod earn;
pub mod entity;

pub use earn::earn;

use crate::{
    cx::Cx,
    error::{Error, Result},
    id::{CommissionId, InvoiceId, ResellerId, TenantId},
    store::{Change, Field, Fields, Page, Platform, Query, Scope, Tx, Visible},
};
use entity::{Column, CommissionKind, CommissionState, Entity, Model};
use sea_orm::{ColumnTrait, Condition};

/// What lists of commissions can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<ResellerId>("reseller_id", Column::ResellerId),
    Field::id::<TenantId>("customer_id", Column::CustomerId),
    Field::id::<InvoiceId>("invoice_id", Column::InvoiceId),
    Field::word("kind", Column::Kind, CommissionKind::WORDS),
    Field::word("state", Column::State, CommissionState::WORDS),
    Field::time("create_time", Column::CreatedAt).sortable(),
    Field::number("amount", Column::Amount).sortable(),
];

/// One page of commissions.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Model>>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().page(FIELDS, "create_time desc", query).await
}

/// One commission.
pub async fn get<S: Scope>(cx: &Cx<S>, id: CommissionId) -> Result<Model>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().get(id).await
}

/// Rejects what was earned on invoices that are of no effect.
pub async fn reject_all(tx: &Tx<Platform>, invoices: impl IntoIterator<Item = InvoiceId>) -> Result<()> {
    let now = tx.db().clock().business();
    for before in tx.lock_all::<Entity>(Column::InvoiceId.is_in(invoices)).await? {
        if before.state.may_become(CommissionState::Rejected) {
            tx.update(&before, |c| (c.state, c.updated_at) = (CommissionState::Rejected, now))
                .await?;
        }
    }
    Ok(())
}

/// The commissions whose hold is over.
pub fn due(cx: &Cx<Platform>) -> Condition {
    Condition::all()
        .add(Column::State.eq(CommissionState::Pending))
        .add(Column::HoldUntil.lte(cx.business_now()))
}

/// Approves a commission whose hold is over; [`Error::Stale`] where that has been done.
pub async fn approve(cx: &Cx<Platform>, id: CommissionId) -> Result<()> {
    let now = cx.business_now();
    cx.change(Change::new("commission.approve"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        if before.state != CommissionState::Pending {
            return Err(Error::Stale);
        }
        tx.update(&before, |c| (c.state, c.updated_at) = (CommissionState::Approved, now))
            .await
    })
    .await
    .map(|_| ())
}
