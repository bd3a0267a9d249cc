//! Subscriptions: what tenants are billed for, and when.
//!
//! The life of a tenant drives them: these operations are called inside the transactions that change the tenant, and do nothing where the tenant has no
//! subscription that they could apply to. Whoever locks a subscription and its invoices locks the invoices first.

pub mod convert;
pub mod entity;

use super::{
    day,
    invoice::{
        self,
        issue::{Charge, issue},
    },
    period::Rhythm,
    plan,
};
use crate::{
    cx::Cx,
    error::{Error, Result},
    id::{PlanId, SubscriptionId, TenantId},
    partners::commission,
    store::{Field, Fields, Page, Platform, Query, Scope, Tx, Visible},
    tenancy::tenant::{self, entity::TenantState},
};
use chrono::{Datelike, NaiveDate};
use entity::{Column, Entity, Model, SubscriptionState};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QuerySelect, QueryTrait};

/// What lists of subscriptions can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::id::<PlanId>("plan_id", Column::PlanId),
    Field::word("state", Column::State, SubscriptionState::WORDS),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// One page of subscriptions.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Model>>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().page(FIELDS, "create_time desc", query).await
}

/// One subscription.
pub async fn get<S: Scope>(cx: &Cx<S>, id: SubscriptionId) -> Result<Model>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().get(id).await
}

/// The subscriptions of a tenant that have not ended; there is one at most.
fn running(tenant: TenantId) -> Condition {
    Condition::all()
        .add(Column::TenantId.eq(tenant))
        .add(Column::State.is_not_in(SubscriptionState::ENDED))
}

/// The running subscription of a tenant, which nobody else can change until the transaction ends.
async fn lock_running(tx: &Tx<Platform>, tenant: TenantId) -> Result<Option<Model>> {
    Ok(tx.lock_all::<Entity>(running(tenant)).await?.pop())
}

/// The subscription of a tenant that has not ended, if there is one.
pub async fn current<S: Scope>(cx: &Cx<S>, tenant: TenantId) -> Result<Option<Model>>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().filter(running(tenant)).first().await
}

/// What the next invoice will be for: a full period, or what billing would start with today; `None` while no invoice is due to be made.
pub fn next_amount(subscription: &Model, today: NaiveDate) -> Result<Option<i64>> {
    if subscription.state == SubscriptionState::Pending {
        let first = charge_from(subscription, anchor_day(subscription, today), today)?;
        return first.of(subscription.amount).map(Some);
    }
    Ok(subscription.next_invoice_at.map(|_| subscription.amount))
}

/// The plan of a tenant, if it has a subscription that has not ended.
pub async fn plan_of<S: Scope>(tx: &Tx<S>, tenant: TenantId) -> Result<Option<plan::entity::Model>>
where
    Entity: Visible<S>,
    plan::entity::Entity: Visible<S>,
{
    let plans = Entity::find()
        .select_only()
        .column(Column::PlanId)
        .filter(<Entity as Visible<S>>::rows(tx.db().scope()))
        .filter(running(tenant));
    let plan = plan::entity::Column::Id.in_subquery(plans.into_query());
    tx.find::<plan::entity::Entity>().filter(plan).first().await
}

/// Makes a tenant's subscription at a price. Billing starts with [`activate`]; an `anchor_day` of 0 is the day on which it does.
pub async fn open(tx: &Tx<Platform>, tenant: &tenant::entity::Model, price: &plan::price::Model, anchor_day: i64) -> Result<Model> {
    let now = tx.db().clock().business();
    tx.insert(Model {
        id: SubscriptionId::new(),
        tenant_id: tenant.id,
        plan_id: price.plan_id,
        price_id: price.id,
        state: SubscriptionState::Pending,
        currency: price.currency.clone(),
        amount: price.amount,
        cadence: price.cadence,
        anchor_day,
        period_start: None,
        period_end: None,
        next_invoice_at: None,
        started_at: None,
        ended_at: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    })
    .await
}

/// Starts billing: the first period begins today and its invoice is made, to be paid within `term_days`. Once it has started nothing changes.
pub async fn activate(tx: &Tx<Platform>, tenant: TenantId, term_days: u32) -> Result<Model> {
    match lock_running(tx, tenant).await? {
        Some(pending) if pending.state == SubscriptionState::Pending => bill_on(tx, &pending, term_days).await,
        Some(other) => Ok(other),
        None => Err(Error::NotFound("subscription")),
    }
}

/// Takes back what a failed onboarding did: a subscription that was not billed yet is removed; else it ends at its start, and its invoices and what a reseller
/// earned on them are of no effect. Money that was paid stays recorded and is given back by hand.
pub async fn discard(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    let Some(found) = tx.find::<Entity>().filter(running(tenant)).first().await? else {
        return Ok(());
    };
    let voided = invoice::void_all(tx, found.id).await?;
    commission::reject_all(tx, voided.iter().map(|i| i.id)).await?;
    let before = tx.lock::<Entity>(found.id).await?;
    end(tx, &before, true).await
}

/// The tenant's days begin at another moment: so does the next invoice's.
pub async fn move_to(tx: &Tx<Platform>, tenant: TenantId, zone: &str) -> Result<()> {
    let Some(before) = lock_running(tx, tenant).await? else {
        return Ok(());
    };
    if let (Some(_), Some(end)) = (before.next_invoice_at, before.period_end) {
        let next_invoice_at = day::midnight(end, day::zone(zone)?)?;
        let now = tx.db().clock().business();
        tx.update(&before, |s| (s.next_invoice_at, s.updated_at) = (Some(next_invoice_at), now))
            .await?;
    }
    Ok(())
}

/// Stops billing while the vendor holds the tenant: no invoice is made.
pub async fn suspend(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    let Some(before) = lock_running(tx, tenant).await? else {
        return Ok(());
    };
    if before.state.may_become(SubscriptionState::Suspended) {
        let now = tx.db().clock().business();
        tx.update(&before, |s| {
            s.state = SubscriptionState::Suspended;
            s.next_invoice_at = None;
            s.updated_at = now;
        })
        .await?;
    }
    Ok(())
}

/// Bills on after a suspension. Periods that passed are not billed: if the running one is over, a new one begins today and ends with the period it lies in.
pub async fn resume(tx: &Tx<Platform>, tenant: TenantId, term_days: u32) -> Result<()> {
    match lock_running(tx, tenant).await? {
        Some(suspended) if suspended.state == SubscriptionState::Suspended => bill_on(tx, &suspended, term_days).await.map(|_| ()),
        _ => Ok(()),
    }
}

/// Ends the subscription of a tenant that is deleted. One that was not billed yet is removed.
pub async fn cancel(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    match lock_running(tx, tenant).await? {
        Some(before) => end(tx, &before, false).await,
        None => Ok(()),
    }
}

/// Bills on where the deletion of a tenant is taken back; a tenant that was suspended before comes back suspended. For what passed, the rule is that of
/// [`resume`].
pub async fn reinstate(tx: &Tx<Platform>, tenant: TenantId, term_days: u32) -> Result<()> {
    let last = tx.find::<Entity>().with(Column::TenantId, tenant).order(Column::Id, Order::Desc);
    let Some(last) = last.first().await? else { return Ok(()) };
    let before = tx.lock::<Entity>(last.id).await?;
    if before.state != SubscriptionState::Canceled {
        return Ok(());
    }
    let tenant = tx.find::<tenant::entity::Entity>().get(tenant).await?;
    if tenant.resume_state != TenantState::Suspended {
        return bill_on(tx, &before, term_days).await.map(|_| ());
    }
    let now = tx.db().clock().business();
    tx.update(&before, |s| {
        s.state = SubscriptionState::Suspended;
        s.ended_at = None;
        s.updated_at = now;
    })
    .await
    .map(|_| ())
}

/// Takes note that an overdue invoice was paid: a subscription without another one is not past due any more.
pub async fn settle(tx: &Tx<Platform>, id: SubscriptionId) -> Result<()> {
    let before = tx.lock::<Entity>(id).await?;
    if before.state == SubscriptionState::PastDue && !invoice::has_overdue(tx, id).await? {
        let now = tx.db().clock().business();
        tx.update(&before, |s| (s.state, s.updated_at) = (SubscriptionState::Active, now))
            .await?;
    }
    Ok(())
}

/// Ends a subscription now or, `reversed`, as if it had never started.
async fn end(tx: &Tx<Platform>, before: &Model, reversed: bool) -> Result<()> {
    if before.state == SubscriptionState::Pending {
        return tx.delete(before).await;
    }
    let now = tx.db().clock().business();
    tx.update(before, |s| {
        s.state = SubscriptionState::Canceled;
        s.next_invoice_at = None;
        s.ended_at = if reversed { s.started_at } else { Some(now) };
        s.updated_at = now;
    })
    .await
    .map(|_| ())
}

/// Makes a subscription active. Unless its period runs on, a new one begins today and is charged.
async fn bill_on(tx: &Tx<Platform>, before: &Model, term_days: u32) -> Result<Model> {
    let now = tx.db().clock().business();
    let tenant = tx.find::<tenant::entity::Entity>().get(before.tenant_id).await?;
    let zone = day::zone(&tenant.time_zone)?;
    let today = day::of(now, zone);
    let anchor_day = anchor_day(before, today);
    let runs_on = before.period_start.zip(before.period_end).filter(|(_, end)| today < *end);
    let (start, end) = match runs_on {
        Some(period) => period,
        None => {
            let charge = charge_from(before, anchor_day, today)?;
            issue(tx, &tenant, before, charge, term_days).await?;
            (charge.period.start, charge.period.end)
        }
    };
    let past_due = before.started_at.is_some() && invoice::has_overdue(tx, before.id).await?;
    let next_invoice_at = day::midnight(end, zone)?;
    tx.update(before, |s| {
        s.state = if past_due {
            SubscriptionState::PastDue
        } else {
            SubscriptionState::Active
        };
        s.anchor_day = anchor_day;
        s.period_start = Some(start);
        s.period_end = Some(end);
        s.next_invoice_at = Some(next_invoice_at);
        s.started_at = s.started_at.or(Some(now));
        s.ended_at = None;
        s.updated_at = now;
    })
    .await
}

/// The day of the month on which periods start; the one on which billing does, where it was left open.
fn anchor_day(subscription: &Model, today: NaiveDate) -> i64 {
    match subscription.anchor_day {
        0 => i64::from(today.day()),
        day => day,
    }
}

/// What is charged from a day on: the rest of the full period in which it lies. Quarters and years are counted from the month in which the subscription started.
pub(super) fn charge_from(subscription: &Model, anchor_day: i64, from: NaiveDate) -> Result<Charge> {
    let anchor_day = u32::try_from(anchor_day).map_err(Error::internal)?;
    let known = subscription.period_end.unwrap_or(from);
    let full = Rhythm::in_month_of(known, subscription.cadence, anchor_day).full(from)?;
    Ok(Charge {
        period: full.from(from),
        full,
    })
}
