//! Plans: what the vendor sells.

pub mod convert;
pub mod entity;
pub mod price;

use crate::{
    cx::Cx,
    error::{Error, Result, echo},
    id::{PlanId, PriceId},
    store::{Answer, Change, Field, Fields, Page, Platform, Query, Scope, Subject, Tx, Visible},
};
use entity::{Column, Entity, Model, PlanState};
use price::Cadence;
use sea_orm::{ColumnTrait, Condition, Order, sea_query::Expr};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What lists of plans can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::text("code", Column::Code).sortable(),
    Field::text("display_name", Column::DisplayName).sortable(),
    Field::word("state", Column::State, PlanState::WORDS),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// A plan with the prices at which it is sold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The plan.
    pub row: Model,
    /// The prices at which it is sold, the oldest first.
    pub prices: Vec<price::Model>,
}

impl Answer for Plan {
    fn subject(&self) -> Subject {
        Subject::of::<Entity>(&self.row)
    }
}

/// One price of a plan to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPrice {
    /// How often it is charged.
    pub cadence: Cadence,
    /// ISO 4217.
    pub currency: String,
    /// Minor units for one full period.
    pub amount: i64,
}

/// A plan to be made.
pub struct NewPlan {
    /// Whether only to tell what would be.
    pub preview: bool,
    /// Everything but id, version and times.
    pub row: Model,
    /// The prices.
    pub prices: Vec<NewPrice>,
}

/// What changes of a plan; what is `None` stays.
#[derive(Default)]
pub struct PlanPatch {
    /// The version the caller has seen.
    pub etag: String,
    /// The name.
    pub display_name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Deployments, memory, subscribers and users.
    pub entitlements: Option<(i64, i64, i64, i64)>,
    /// All prices at which it is sold from now on.
    pub prices: Option<Vec<NewPrice>>,
}

/// One page of plans.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Plan>>
where
    Entity: Visible<S>,
    price::Entity: Visible<S>,
{
    let page = cx.find::<Entity>().page(FIELDS, "code", query).await?;
    let ids = page.rows.iter().map(|p| p.id);
    let on_sale = Condition::all()
        .add(price::Column::PlanId.is_in(ids))
        .add(price::Column::RetiredAt.is_null());
    let prices = cx
        .find::<price::Entity>()
        .filter(on_sale)
        .order(price::Column::Id, Order::Asc)
        .all()
        .await?;
    Ok(page.map(|row| {
        let prices = prices.iter().filter(|p| p.plan_id == row.id).cloned().collect();
        Plan { row, prices }
    }))
}

/// One plan.
pub async fn get<S: Scope>(cx: &Cx<S>, id: PlanId) -> Result<Plan>
where
    Entity: Visible<S>,
    price::Entity: Visible<S>,
{
    let row = cx.find::<Entity>().get(id).await?;
    let on_sale = Condition::all()
        .add(price::Column::PlanId.eq(id))
        .add(price::Column::RetiredAt.is_null());
    let prices = cx
        .find::<price::Entity>()
        .filter(on_sale)
        .order(price::Column::Id, Order::Asc)
        .all()
        .await?;
    Ok(Plan { row, prices })
}

/// Makes a plan.
pub async fn create(cx: &Cx<Platform>, new: NewPlan) -> Result<Plan> {
    let now = cx.business_now();
    cx.change(Change::new("plan.create").preview(new.preview), async |tx| {
        let row = Model {
            id: PlanId::new(),
            created_at: now,
            updated_at: now,
            ..new.row.clone()
        };
        let row = tx.insert_unique(row, "plan.code", "PLAN_CODE_TAKEN").await?;
        let prices = sell(tx, &row, &new.prices).await?;
        Ok(Plan { row, prices })
    })
    .await
}

/// Changes a plan.
pub async fn update(cx: &Cx<Platform>, id: PlanId, patch: PlanPatch) -> Result<Plan> {
    cx.change(Change::new("plan.update"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        crate::convert::check_etag(&patch.etag, before.row_version)?;
        let resold = match &patch.prices {
            Some(wanted) => resell(tx, &before, wanted).await?,
            None => false,
        };
        let row = tx
            .update(&before, |p| {
                p.display_name = patch.display_name.unwrap_or_else(|| p.display_name.clone());
                p.description = patch.description.unwrap_or_else(|| p.description.clone());
                if let Some((deployments, memory_bytes, subscribers, users)) = patch.entitlements {
                    (p.deployments, p.memory_bytes, p.subscribers, p.users) = (deployments, memory_bytes, subscribers, users);
                }
                if resold || *p != before {
                    p.updated_at = cx.business_now();
                }
            })
            .await?;
        let prices = on_sale(tx, id).await?;
        Ok(Plan { row, prices })
    })
    .await
}

/// Ends the sale of a plan.
pub async fn archive(cx: &Cx<Platform>, id: PlanId, etag: &str) -> Result<Plan> {
    cx.change(Change::new("plan.archive"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        crate::convert::check_etag(etag, before.row_version)?;
        if before.state == PlanState::Archived {
            return Err(Error::precondition("PLAN_ARCHIVED", "plan", "The plan is archived already."));
        }
        let row = tx
            .update(&before, |p| {
                p.state = PlanState::Archived;
                p.updated_at = cx.business_now();
            })
            .await?;
        Ok(Plan {
            row,
            prices: on_sale(tx, id).await?,
        })
    })
    .await
}

/// The price of an active plan for a currency and a cadence, for somebody who wants to be put on it.
pub async fn price_for(tx: &Tx<Platform>, id: PlanId, currency: &str, cadence: Cadence) -> Result<price::Model> {
    let plan = tx.find::<Entity>().with(Column::Id, id).first().await?;
    let plan = plan.ok_or_else(|| Error::invalid("plan_id", "is no plan"))?;
    if plan.state != PlanState::Active {
        return Err(Error::invalid("plan_id", "is archived and not sold any more"));
    }
    let price = on_sale(tx, id)
        .await?
        .into_iter()
        .find(|p| p.currency == currency && p.cadence == cadence);
    price.ok_or_else(|| Error::invalid("plan_id", format!("has no {cadence} price in {}", echo(currency))))
}

async fn on_sale(tx: &Tx<Platform>, plan: PlanId) -> Result<Vec<price::Model>> {
    let which = Condition::all()
        .add(price::Column::PlanId.eq(plan))
        .add(price::Column::RetiredAt.is_null());
    tx.find::<price::Entity>()
        .filter(which)
        .order(price::Column::Id, Order::Asc)
        .all()
        .await
}

/// Sells a plan at further prices.
async fn sell(tx: &Tx<Platform>, plan: &Model, prices: &[NewPrice]) -> Result<Vec<price::Model>> {
    let mut made = Vec::new();
    for p in prices {
        let row = price::Model {
            id: PriceId::new(),
            plan_id: plan.id,
            currency: p.currency.clone(),
            cadence: p.cadence,
            amount: p.amount,
            created_at: tx.db().clock().business(),
            retired_at: None,
        };
        let row = tx.put(row).await?;
        tx.note::<Entity>(plan, "price", Value::Null, noted(&row));
        made.push(row);
    }
    Ok(made)
}

/// Retires the prices that are not wanted any more and sells the new ones; answers whether there were any of either. A price that stays the same stays the same
/// row, and a retired one is still what its subscriptions are charged.
async fn resell(tx: &Tx<Platform>, plan: &Model, wanted: &[NewPrice]) -> Result<bool> {
    let known = on_sale(tx, plan.id).await?;
    let same = |p: &price::Model, w: &NewPrice| p.cadence == w.cadence && p.currency == w.currency && p.amount == w.amount;
    let retired: Vec<_> = known.iter().filter(|p| !wanted.iter().any(|w| same(p, w))).collect();
    if !retired.is_empty() {
        let now = tx.db().clock().business();
        let which = price::Column::Id.is_in(retired.iter().map(|p| p.id));
        tx.set::<price::Entity>(which, [(price::Column::RetiredAt, Expr::value(now))])
            .await?;
    }
    for price in &retired {
        tx.note::<Entity>(plan, "price", noted(price), Value::Null);
    }
    let new: Vec<_> = wanted.iter().filter(|w| !known.iter().any(|p| same(p, w))).cloned().collect();
    sell(tx, plan, &new).await?;
    Ok(!retired.is_empty() || !new.is_empty())
}

/// What the audit trail tells of a price.
fn noted(price: &price::Model) -> Value {
    serde_json::json!({ "cadence": price.cadence, "currency": price.currency, "amount": price.amount })
}
