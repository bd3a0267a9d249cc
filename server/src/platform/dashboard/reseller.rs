//! A reseller's first page.

use super::{Amounts, LATELY, TenantCounts, add, mrr, sum_if, tenants_by_state};
use crate::{
    clock::Time,
    cx::Cx,
    error::Result,
    partners::{
        commission::entity::{Column, CommissionState, Entity as Commissions},
        reseller::{self, Reseller},
    },
    store,
    tenancy::tenant::entity::{Column as TenantColumn, Entity as Tenants, Model as Tenant, TenantState},
};
use sea_orm::{ColumnTrait, Condition, FromQueryResult, Order, QuerySelect, sea_query::Expr};

/// How many customers the page shows.
const CUSTOMERS: u64 = 5;

/// A reseller's view of itself.
pub struct ResellerDashboard {
    /// The reseller.
    pub reseller: Reseller,
    /// How many customers stand in each state.
    pub customers: TenantCounts,
    /// Monthly recurring revenue of its customers.
    pub mrr: Amounts,
    /// What was earned, held and approved.
    pub earned: Earned,
    /// The newest customers.
    pub newest: Vec<Tenant>,
}

/// What a reseller earned. What was rejected was not earned.
#[derive(Default)]
pub struct Earned {
    /// Lately.
    pub lately: Amounts,
    /// In as many days before.
    pub before: Amounts,
    /// What is held.
    pub pending: Amounts,
    /// What can be paid out.
    pub approved: Amounts,
}

/// A reseller's first page.
pub async fn reseller(cx: &Cx<store::Reseller>) -> Result<ResellerDashboard> {
    let now = cx.business_now();
    let [mrr] = mrr::at(cx, [now]).await?;
    let newest = cx.find::<Tenants>().filter(TenantColumn::State.ne(TenantState::Purged));
    let newest = newest
        .order(TenantColumn::CreatedAt, Order::Desc)
        .order(TenantColumn::Id, Order::Desc);
    Ok(ResellerDashboard {
        reseller: reseller::get(cx, cx.db.scope().id()).await?,
        customers: tenants_by_state(cx).await?,
        mrr,
        earned: earned(cx, now).await?,
        newest: newest.limit(CUSTOMERS).all().await?,
    })
}

#[derive(FromQueryResult)]
struct Group {
    currency: String,
    lately: i64,
    before: i64,
    pending: i64,
    approved: i64,
}

async fn earned(cx: &Cx<store::Reseller>, now: Time) -> Result<Earned> {
    let (month, two) = (now - LATELY, now - LATELY - LATELY);
    let granted = || Condition::all().add(Column::State.ne(CommissionState::Rejected));
    let stands = |state: CommissionState| Condition::all().add(Column::State.eq(state));
    let groups = cx.find::<Commissions>().compute::<Group>(|select| {
        let select = select.select_only().column(Column::Currency).group_by(Column::Currency);
        let sum = |select, condition, name| sum_if(select, Expr::col(Column::Amount), condition, name);
        let select = sum(select, granted().add(Column::CreatedAt.gt(month)), "lately");
        let before = granted().add(Column::CreatedAt.gt(two)).add(Column::CreatedAt.lte(month));
        let select = sum(select, before, "before");
        let select = sum(select, stands(CommissionState::Pending), "pending");
        sum(select, stands(CommissionState::Approved), "approved")
    });
    let mut earned = Earned::default();
    for group in groups.await? {
        for (amounts, minor) in [
            (&mut earned.lately, group.lately),
            (&mut earned.before, group.before),
            (&mut earned.pending, group.pending),
            (&mut earned.approved, group.approved),
        ] {
            if minor != 0 {
                add(amounts, &group.currency, minor)?;
            }
        }
    }
    Ok(earned)
}
