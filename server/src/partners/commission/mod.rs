//! Commissions: what resellers earned.

pub mod entity;

use crate::{
    error::Result,
    id::InvoiceId,
    store::{Platform, Tx},
};
use entity::{Column, CommissionState, Entity};
use sea_orm::ColumnTrait;

/// Rejects what was earned on invoices that are of no effect.
pub async fn reject_all(tx: &Tx<Platform>, invoices: impl IntoIterator<Item = InvoiceId>) -> Result<()> {
    let now = tx.db().clock().business();
    let earned = tx.find::<Entity>().filter(Column::InvoiceId.is_in(invoices)).all().await?;
    for commission in earned {
        let before = tx.lock::<Entity>(commission.id).await?;
        if before.state.may_become(CommissionState::Rejected) {
            tx.update(&before, |c| (c.state, c.updated_at) = (CommissionState::Rejected, now))
                .await?;
        }
    }
    Ok(())
}
