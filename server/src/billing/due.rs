//! What is due by itself, by the business clock: invoices of the next periods, subscriptions that fall past due, commissions whose hold is over.
//!
//! Each row is a transaction of its own, which looks again whether the row is due: a server that dies leaves the rest for the next one, and of two servers at work
//! on the same row one finds that it has been done.

use super::{
    day, invoice,
    invoice::issue::issue,
    subscription::{
        self,
        entity::{Column, Entity, Model, SubscriptionState},
    },
};
use crate::{
    cx::Cx,
    error::{Error, Result},
    id::SubscriptionId,
    partners::commission,
    store::{Change, Keyed, Platform, Visible},
    tenancy::tenant,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QuerySelect, QueryTrait};

/// How many rows are looked up at once.
const BATCH: u64 = 200;

/// Does everything that is due, once for each row; answers whether something was, so that more may be: a subscription can be several periods behind. A row that
/// fails does not keep others from being done.
pub async fn run(cx: &Cx<Platform>) -> Result<bool> {
    let now = cx.business_now();
    let renewals = Condition::all()
        .add(Column::State.is_in(SubscriptionState::BILLED))
        .add(Column::NextInvoiceAt.lte(now));
    let overdue = invoice::entity::Entity::find()
        .select_only()
        .column(invoice::entity::Column::SubscriptionId)
        .filter(<invoice::entity::Entity as Visible<Platform>>::rows(cx.db.scope()))
        .filter(invoice::overdue(now));
    let past_due = Condition::all()
        .add(Column::State.eq(SubscriptionState::Active))
        .add(Column::Id.in_subquery(overdue.into_query()));

    let mut pass = Pass::default();
    for id in ids::<Entity>(cx, renewals).await? {
        pass.note(id, renew(cx, id).await);
    }
    for id in ids::<Entity>(cx, past_due).await? {
        pass.note(id, fall_past_due(cx, id).await);
    }
    for id in ids::<commission::entity::Entity>(cx, commission::due(cx)).await? {
        pass.note(id, commission::approve(cx, id).await);
    }
    if pass.done == 0 && pass.failed > 0 {
        return Err(Error::internal(anyhow::anyhow!("{} rows could not be billed", pass.failed)));
    }
    Ok(pass.done > 0)
}

/// How many rows were done, and how many failed.
#[derive(Default)]
struct Pass {
    done: usize,
    failed: usize,
}

impl Pass {
    fn note(&mut self, id: impl std::fmt::Display, outcome: Result<()>) {
        match outcome {
            Ok(()) => self.done += 1,
            // Somebody else has done it.
            Err(Error::Stale) => {}
            Err(error) => {
                self.failed += 1;
                tracing::error!(%id, cause = ?error, "what was due could not be done");
            }
        }
    }
}

/// The ids of all rows that are due.
async fn ids<E: Keyed + Visible<Platform>>(cx: &Cx<Platform>, due: Condition) -> Result<Vec<E::Id>> {
    let mut ids: Vec<E::Id> = Vec::new();
    loop {
        let mut rows = cx.find::<E>().filter(due.clone());
        if let Some(last) = ids.last() {
            rows = rows.filter(E::ID.gt::<E::Id>(*last));
        }
        let batch = rows.order(E::ID, Order::Asc).limit(BATCH).all().await?;
        ids.extend(batch.iter().map(E::key));
        if (batch.len() as u64) < BATCH {
            return Ok(ids);
        }
    }
}

/// Makes the invoice of a subscription's next period, which begins with it; [`Error::Stale`] where that has been done.
async fn renew(cx: &Cx<Platform>, id: SubscriptionId) -> Result<()> {
    let now = cx.business_now();
    cx.change(Change::new("subscription.renew"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        let Some(begin) = due(&before, now) else {
            return Err(Error::Stale);
        };
        let tenant = tx.find::<tenant::entity::Entity>().get(before.tenant_id).await?;
        let zone = day::zone(&tenant.time_zone)?;
        let charge = subscription::charge_from(&before, before.anchor_day, begin)?;
        issue(tx, &tenant, &before, charge, cx.app.settings.payment_term_days).await?;
        let next_invoice_at = day::midnight(charge.period.end, zone)?;
        tx.update(&before, |s| {
            s.period_start = Some(charge.period.start);
            s.period_end = Some(charge.period.end);
            s.next_invoice_at = Some(next_invoice_at);
            s.updated_at = now;
        })
        .await
    })
    .await
    .map(|_| ())
}

/// The first day of the period that is to be billed, if one is by now.
fn due(subscription: &Model, now: crate::clock::Time) -> Option<chrono::NaiveDate> {
    let billed = SubscriptionState::BILLED.contains(&subscription.state);
    let due = subscription.next_invoice_at.is_some_and(|at| at <= now);
    subscription.period_end.filter(|_| billed && due)
}

/// Marks a subscription with an overdue invoice; [`Error::Stale`] where it has none any more.
async fn fall_past_due(cx: &Cx<Platform>, id: SubscriptionId) -> Result<()> {
    let now = cx.business_now();
    cx.change(Change::new("subscription.past_due"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        if before.state != SubscriptionState::Active || !invoice::has_overdue(tx, id).await? {
            return Err(Error::Stale);
        }
        tx.update(&before, |s| (s.state, s.updated_at) = (SubscriptionState::PastDue, now))
            .await
    })
    .await
    .map(|_| ())
}
