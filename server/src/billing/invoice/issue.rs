//! Making invoices.

use super::{
    entity::{Column, Entity, InvoiceState, Model},
    line, series,
};
use crate::{
    billing::{day, period::Period, plan, subscription},
    error::{Error, Result},
    id::{InvoiceId, InvoiceLineId},
    money::mul_div,
    store::{Platform, Tx},
    tenancy::tenant,
};
use sea_orm::{
    ColumnTrait, Order,
    sea_query::{Expr, ExprTrait},
};

/// What is charged: the days of a period, at the price of the full period that ends on the same day.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// The days that are charged.
    pub period: Period,
    /// The full period.
    pub full: Period,
}

impl Charge {
    /// What it comes to, for the amount of a full period.
    pub fn of(&self, amount: i64) -> Result<i64> {
        Ok(mul_div(amount, self.period.days(), self.full.days())?)
    }
}

/// Makes and finalises the invoice of a subscription for a period. There is one at most: the database refuses a second.
pub async fn issue(
    tx: &Tx<Platform>,
    tenant: &tenant::entity::Model,
    of: &subscription::entity::Model,
    charge: Charge,
    term_days: u32,
) -> Result<Model> {
    let now = tx.db().clock().business();
    let plan = tx.find::<plan::entity::Entity>().get(of.plan_id).await?;
    let before = tx.find::<Entity>().with(Column::SubscriptionId, of.id);
    let before = before.order(Column::Ordinal, Order::Desc).first().await?;
    let total = charge.of(of.amount)?;
    let invoice = Model {
        id: InvoiceId::new(),
        tenant_id: of.tenant_id,
        subscription_id: of.id,
        ordinal: before.map_or(1, |i| i.ordinal + 1),
        number: Some(next_number(tx).await?),
        // Nothing is left to pay of an invoice over nothing.
        state: if total == 0 { InvoiceState::Paid } else { InvoiceState::Open },
        currency: of.currency.clone(),
        period_start: charge.period.start,
        period_end: charge.period.end,
        total,
        amount_paid: 0,
        finalized_at: Some(now),
        due_at: Some(day::over(now, term_days.into(), day::zone(&tenant.time_zone)?)?),
        paid_at: (total == 0).then_some(now),
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    let invoice = tx.insert(invoice).await?;
    let line = line::Model {
        id: InvoiceLineId::new(),
        tenant_id: of.tenant_id,
        invoice_id: invoice.id,
        position: 1,
        description: format!("{}, billed {}", plan.display_name, of.cadence),
        quantity: 1,
        unit_amount: of.amount,
        days: charge.period.days(),
        period_days: charge.full.days(),
        amount: total,
    };
    tx.put(line).await?;
    Ok(invoice)
}

/// The next number of invoices. Nobody else gets one until the transaction ends; if it fails, the number is given to the next one.
async fn next_number(tx: &Tx<Platform>) -> Result<String> {
    let next = Expr::col(series::Column::NextNumber).add(1);
    let taken = tx
        .set::<series::Entity>(series::Column::Name.eq("invoice"), [(series::Column::NextNumber, next)])
        .await?;
    let series = taken
        .first()
        .ok_or_else(|| Error::internal(anyhow::anyhow!("there is no series of invoices")))?;
    Ok(format!("INV-{:06}", series.next_number - 1))
}
