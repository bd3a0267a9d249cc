//! An ISP's first page.

use super::{Amounts, add, sum_if};
use crate::{
    billing::{
        day,
        invoice::{
            self, Invoice,
            entity::{Column as InvoiceColumn, Entity as Invoices, InvoiceState},
        },
        plan::entity::Entity as Plans,
        subscription,
    },
    cx::Cx,
    deployments::deployment::{
        Seen,
        entity::{Column as DeploymentColumn, DeploymentState, Entity as Deployments},
    },
    error::Result,
    store::Tenant,
    tenancy::tenant::entity::{Entity as Tenants, Model as TenantRow},
};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Order, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

/// How many invoices the page shows.
const INVOICES: u64 = 5;

/// An ISP's view of itself.
pub struct TenantDashboard {
    /// The tenant.
    pub tenant: TenantRow,
    /// Its deployments.
    pub deployments: Vec<Seen>,
    /// Its running subscription.
    pub subscription: Option<subscription::entity::Model>,
    /// The name of its plan.
    pub plan_name: String,
    /// What the next invoice will be for, as far as is known, in the subscription's currency.
    pub next_invoice_amount: Option<i64>,
    /// What is left to pay.
    pub open: Amounts,
    /// The newest invoices.
    pub invoices: Vec<Invoice>,
}

/// An ISP's first page.
pub async fn tenant(cx: &Cx<Tenant>) -> Result<TenantDashboard> {
    let tenant = cx.find::<Tenants>().get(cx.db.scope().id()).await?;
    let deployments = cx.find::<Deployments>().filter(DeploymentColumn::State.ne(DeploymentState::Purged));
    let deployments = deployments.order(DeploymentColumn::Slug, Order::Asc).all().await?;
    let subscription = subscription::current(cx, tenant.id).await?;
    let (mut plan_name, mut next_invoice_amount) = (String::new(), None);
    if let Some(subscription) = &subscription {
        plan_name = cx.find::<Plans>().get(subscription.plan_id).await?.display_name;
        let today = day::of(cx.business_now(), day::zone(&tenant.time_zone)?);
        next_invoice_amount = subscription::next_amount(subscription, today)?;
    }
    let newest = cx.find::<Invoices>().order(InvoiceColumn::CreatedAt, Order::Desc);
    let newest = newest.order(InvoiceColumn::Id, Order::Desc).limit(INVOICES).all().await?;
    Ok(TenantDashboard {
        tenant,
        deployments: Seen::all(deployments, cx.now()),
        subscription,
        plan_name,
        next_invoice_amount,
        open: open(cx).await?,
        invoices: invoice::with_lines(cx, newest).await?,
    })
}

#[derive(FromQueryResult)]
struct OpenGroup {
    currency: String,
    amount: i64,
}

async fn open(cx: &Cx<Tenant>) -> Result<Amounts> {
    let owed = cx.find::<Invoices>().filter(InvoiceColumn::State.is_in(InvoiceState::OWED));
    let groups = owed.compute::<OpenGroup>(|select| {
        let select = select
            .select_only()
            .column(InvoiceColumn::Currency)
            .group_by(InvoiceColumn::Currency);
        let due = Expr::col(InvoiceColumn::Total).sub(Expr::col(InvoiceColumn::AmountPaid));
        sum_if(select, due, Condition::all(), "amount")
    });
    let mut amounts = Amounts::new();
    for group in groups.await? {
        add(&mut amounts, &group.currency, group.amount)?;
    }
    Ok(amounts)
}
