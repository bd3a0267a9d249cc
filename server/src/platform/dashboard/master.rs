//! The vendor's first page.

use super::{Amounts, LATELY, TenantCounts, add, count_if, in_order, mrr, sum_if};
use crate::{
    billing::invoice::{
        self, Invoice,
        entity::{Column as InvoiceColumn, Entity as Invoices},
    },
    clock::Time,
    cx::Cx,
    deployments::deployment::{
        Seen,
        entity::{Column as DeploymentColumn, DeploymentState, Entity as Deployments},
    },
    error::Result,
    store::Platform,
    tenancy::{
        operation::{
            self, AT_WORK, Operation,
            entity::{Column as OperationColumn, Entity as Operations, Model as OperationRow, OperationState},
        },
        tenant::entity::{Column as TenantColumn, Entity as Tenants, TenantState},
    },
};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, Order, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, NullOrdering},
};

/// How many rows the lists on the page have at most.
const ROWS: u64 = 10;

/// The vendor's business now.
pub struct MasterDashboard {
    /// How many tenants stand in each state.
    pub tenants: TenantCounts,
    /// How many tenants were made lately.
    pub new_tenants: i64,
    /// How many were made in as many days before.
    pub previous_new_tenants: i64,
    /// Monthly recurring revenue.
    pub mrr: Amounts,
    /// The same as many days ago.
    pub previous_mrr: Amounts,
    /// The same at the end of each of the last 12 months, the oldest first.
    pub mrr_history: Vec<(String, Amounts)>,
    /// How many deployments stand in each state.
    pub deployments: Vec<(DeploymentState, i64)>,
    /// Some that fail.
    pub failing: Vec<Seen>,
    /// How many invoices are overdue.
    pub overdue_invoices: i64,
    /// What is overdue.
    pub overdue: Amounts,
    /// The oldest of them.
    pub overdue_list: Vec<Invoice>,
    /// What is at work, and what failed.
    pub operations: Vec<Operation>,
}

/// The vendor's first page.
pub async fn master(cx: &Cx<Platform>) -> Result<MasterDashboard> {
    let now = cx.business_now();
    let tenants = tenants(cx, now).await?;
    let months = mrr::months(now);
    let [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = months.each_ref().map(|(_, last)| *last);
    let times = [now - LATELY, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11];
    let [previous_mrr, history @ ..] = mrr::at(cx, times).await?;
    let mrr_history: Vec<_> = months.into_iter().map(|(month, _)| month).zip(history).collect();
    let deployments = deployments(cx).await?;
    let (overdue_invoices, overdue) = overdue(cx, now).await?;
    Ok(MasterDashboard {
        new_tenants: tenants.iter().map(|g| g.recent).sum(),
        previous_new_tenants: tenants.iter().map(|g| g.before).sum(),
        tenants: in_order(tenants.into_iter().map(|g| (g.state, g.count)), |state| state.number()),
        mrr: mrr_history.last().map(|(_, amounts)| amounts.clone()).unwrap_or_default(),
        previous_mrr,
        mrr_history,
        failing: failing(cx, &deployments).await?,
        deployments,
        overdue_list: overdue_list(cx, now, overdue_invoices).await?,
        overdue_invoices,
        overdue,
        operations: operations(cx).await?,
    })
}

#[derive(FromQueryResult)]
struct TenantGroup {
    state: TenantState,
    count: i64,
    recent: i64,
    before: i64,
}

async fn tenants(cx: &Cx<Platform>, now: Time) -> Result<Vec<TenantGroup>> {
    let (month, two) = (now - LATELY, now - LATELY - LATELY);
    // The list of tenants leaves purged ones out.
    let kept = || Condition::all().add(TenantColumn::State.ne(TenantState::Purged));
    cx.find::<Tenants>()
        .compute(|select| {
            let select = select.select_only().column(TenantColumn::State).group_by(TenantColumn::State);
            let select = count_if(select, Condition::all(), "count");
            let select = count_if(select, kept().add(TenantColumn::CreatedAt.gt(month)), "recent");
            let before = kept().add(TenantColumn::CreatedAt.gt(two)).add(TenantColumn::CreatedAt.lte(month));
            count_if(select, before, "before")
        })
        .await
}

#[derive(FromQueryResult)]
struct DeploymentGroup {
    state: DeploymentState,
    count: i64,
}

async fn deployments(cx: &Cx<Platform>) -> Result<Vec<(DeploymentState, i64)>> {
    let groups = cx.find::<Deployments>().compute::<DeploymentGroup>(|select| {
        let select = select
            .select_only()
            .column(DeploymentColumn::State)
            .group_by(DeploymentColumn::State);
        count_if(select, Condition::all(), "count")
    });
    Ok(in_order(groups.await?.into_iter().map(|g| (g.state, g.count)), |state| {
        state.number()
    }))
}

/// The states of deployments that need somebody.
const FAILING: [DeploymentState; 2] = [DeploymentState::Failed, DeploymentState::Unhealthy];

async fn failing(cx: &Cx<Platform>, counts: &[(DeploymentState, i64)]) -> Result<Vec<Seen>> {
    if !counts.iter().any(|(state, _)| FAILING.contains(state)) {
        return Ok(Vec::new());
    }
    let failing = cx.find::<Deployments>().filter(DeploymentColumn::State.is_in(FAILING));
    let rows = failing.order(DeploymentColumn::Slug, Order::Asc).limit(ROWS).all().await?;
    Ok(Seen::all(rows, cx.now()))
}

#[derive(FromQueryResult)]
struct OverdueGroup {
    currency: String,
    count: i64,
    amount: i64,
}

async fn overdue(cx: &Cx<Platform>, now: Time) -> Result<(i64, Amounts)> {
    let groups = cx
        .find::<Invoices>()
        .filter(invoice::overdue(now))
        .compute::<OverdueGroup>(|select| {
            let select = select
                .select_only()
                .column(InvoiceColumn::Currency)
                .group_by(InvoiceColumn::Currency);
            let select = count_if(select, Condition::all(), "count");
            let due = Expr::col(InvoiceColumn::Total).sub(Expr::col(InvoiceColumn::AmountPaid));
            sum_if(select, due, Condition::all(), "amount")
        });
    let (mut count, mut amounts) = (0, Amounts::new());
    for group in groups.await? {
        count += group.count;
        add(&mut amounts, &group.currency, group.amount)?;
    }
    Ok((count, amounts))
}

async fn overdue_list(cx: &Cx<Platform>, now: Time, count: i64) -> Result<Vec<Invoice>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let rows = cx.find::<Invoices>().filter(invoice::overdue(now));
    let rows = rows.order(InvoiceColumn::DueAt, Order::Asc).order(InvoiceColumn::Id, Order::Asc);
    invoice::with_lines(cx, rows.limit(ROWS).all().await?).await
}

async fn operations(cx: &Cx<Platform>) -> Result<Vec<Operation>> {
    let mut wanted = AT_WORK.to_vec();
    wanted.extend([OperationState::NeedsOperator, OperationState::Failed]);
    let wanted = cx.find::<Operations>().filter(OperationColumn::State.is_in(wanted));
    // What is at work has no end.
    let rows: Vec<OperationRow> = wanted
        .compute(|select| {
            let select = select.order_by_with_nulls(OperationColumn::EndedAt, Order::Desc, NullOrdering::First);
            select.order_by(OperationColumn::Id, Order::Desc).limit(ROWS)
        })
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    operation::with_steps(cx, rows).await
}
