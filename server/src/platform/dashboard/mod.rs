//! The figures of the portals' first pages. Each equals the total of the list behind it, and all of one page are of one state of the database.

pub mod convert;
mod master;
mod mrr;
mod reseller;
mod tenant;

pub use master::{MasterDashboard, master};
pub use reseller::{ResellerDashboard, reseller};
pub use tenant::{TenantDashboard, tenant};

use crate::{
    cx::Cx,
    error::Result,
    money::MoneyError,
    store::{Scope, Visible},
    tenancy::tenant::entity::{Column, Entity, TenantState},
};
use chrono::TimeDelta;
use sea_orm::{
    EntityTrait, FromQueryResult, QuerySelect, Select,
    sea_query::{CaseStatement, Condition, Expr, ExprTrait, SimpleExpr},
};
use std::collections::BTreeMap;

/// What is new or was earned lately is compared with as many days before.
const LATELY: TimeDelta = TimeDelta::days(30);

/// Amounts in minor units by currency; a currency in which there is nothing is left out.
pub type Amounts = BTreeMap<String, i64>;

/// Adds an amount.
fn add(amounts: &mut Amounts, currency: &str, minor: i64) -> Result<()> {
    let sum = amounts.get(currency).copied().unwrap_or_default();
    let sum = sum.checked_add(minor).ok_or(MoneyError::Overflow)?;
    amounts.insert(currency.to_owned(), sum);
    Ok(())
}

/// A column with how many rows meet a condition.
fn count_if<E: EntityTrait>(select: Select<E>, condition: Condition, name: &str) -> Select<E> {
    let one: SimpleExpr = CaseStatement::new().case(condition, Expr::val(1)).into();
    select.expr_as(one.count(), name)
}

/// A column with the sum of a whole number over the rows that meet a condition. PostgreSQL makes the sum of whole numbers a fraction: it is cast back.
fn sum_if<E: EntityTrait>(select: Select<E>, amount: SimpleExpr, condition: Condition, name: &str) -> Select<E> {
    let amount: SimpleExpr = CaseStatement::new().case(condition, amount).finally(Expr::val(0i64)).into();
    select.expr_as(amount.sum().cast_as("bigint"), name)
}

/// How many tenants stand in each state.
pub type TenantCounts = Vec<(TenantState, i64)>;

#[derive(FromQueryResult)]
struct TenantGroup {
    state: TenantState,
    count: i64,
}

async fn tenants_by_state<S: Scope>(cx: &Cx<S>) -> Result<TenantCounts>
where
    Entity: Visible<S>,
{
    let groups = cx.find::<Entity>().compute::<TenantGroup>(|select| {
        let select = select.select_only().column(Column::State).group_by(Column::State);
        count_if(select, Condition::all(), "count")
    });
    Ok(in_order(groups.await?.into_iter().map(|g| (g.state, g.count)), |state| {
        state.number()
    }))
}

/// Counts in the order of the states.
fn in_order<T>(counts: impl Iterator<Item = (T, i64)>, number: impl Fn(&T) -> i32) -> Vec<(T, i64)> {
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(state, _)| number(state));
    counts
}
