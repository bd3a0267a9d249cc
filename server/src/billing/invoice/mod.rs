//! Invoices: what was charged, and what is left to pay.

pub mod convert;
pub mod entity;
pub mod issue;
pub mod line;
pub mod series;

use crate::{
    clock::Time,
    cx::Cx,
    error::{Error, Result},
    id::{InvoiceId, SubscriptionId, TenantId},
    store::{Field, Fields, Keyed, Page, Platform, Query, Scope, Tx, Visible},
};
use entity::{Column, Entity, InvoiceState, Model};
use sea_orm::{ColumnTrait, Condition, Order};

/// What lists of invoices can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::id::<SubscriptionId>("subscription_id", Column::SubscriptionId),
    Field::text("number", Column::Number),
    Field::word("state", Column::State, InvoiceState::WORDS),
    Field::time("due_time", Column::DueAt).sortable(),
    Field::number("total", Column::Total).sortable(),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// An invoice with its lines.
#[derive(Clone, Debug)]
pub struct Invoice {
    /// The invoice.
    pub row: Model,
    /// Its lines, in their order.
    pub lines: Vec<line::Model>,
    /// Whether it should have been paid by now.
    pub overdue: bool,
}

/// One page of invoices.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Invoice>>
where
    Entity: Visible<S>,
    line::Entity: Visible<S>,
{
    let mut page = cx.find::<Entity>().page(FIELDS, "create_time desc", query).await?;
    let invoices = with_lines(cx, std::mem::take(&mut page.rows)).await?;
    Ok(Page {
        rows: invoices,
        next_page_token: page.next_page_token,
        total_size: page.total_size,
    })
}

/// One invoice.
pub async fn get<S: Scope>(cx: &Cx<S>, id: InvoiceId) -> Result<Invoice>
where
    Entity: Visible<S>,
    line::Entity: Visible<S>,
{
    let row = cx.find::<Entity>().get(id).await?;
    let mut invoices = with_lines(cx, vec![row]).await?;
    invoices.pop().ok_or(Error::NotFound(Entity::KIND))
}

/// Invoices with their lines.
pub async fn with_lines<S: Scope>(cx: &Cx<S>, rows: Vec<Model>) -> Result<Vec<Invoice>>
where
    line::Entity: Visible<S>,
{
    let of_these = line::Column::InvoiceId.is_in(rows.iter().map(|i| i.id));
    let lines = cx.find::<line::Entity>().filter(of_these).order(line::Column::Position, Order::Asc);
    let lines = if rows.is_empty() { Vec::new() } else { lines.all().await? };
    let now = cx.business_now();
    let whole = |row: Model| Invoice {
        lines: lines.iter().filter(|l| l.invoice_id == row.id).cloned().collect(),
        overdue: row.overdue(now),
        row,
    };
    Ok(rows.into_iter().map(whole).collect())
}

/// The invoices that should have been paid by now.
pub fn overdue(now: Time) -> Condition {
    Condition::all()
        .add(Column::State.is_in(InvoiceState::OWED))
        .add(Column::DueAt.lte(now))
}

/// Whether a subscription has an invoice that should have been paid by now.
pub async fn has_overdue(tx: &Tx<Platform>, subscription: SubscriptionId) -> Result<bool> {
    let overdue = tx.find::<Entity>().filter(overdue(tx.db().clock().business()));
    Ok(overdue.with(Column::SubscriptionId, subscription).first().await?.is_some())
}

/// Declares all invoices of a subscription of no effect.
pub async fn void_all(tx: &Tx<Platform>, subscription: SubscriptionId) -> Result<Vec<Model>> {
    let now = tx.db().clock().business();
    let mut voided = Vec::new();
    for before in tx.lock_all::<Entity>(Column::SubscriptionId.eq(subscription)).await? {
        if before.state.may_become(InvoiceState::Void) {
            let invoice = tx.update(&before, |i| (i.state, i.updated_at) = (InvoiceState::Void, now)).await?;
            voided.push(invoice);
        }
    }
    Ok(voided)
}
