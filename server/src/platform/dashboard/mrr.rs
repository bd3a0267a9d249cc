//! Monthly recurring revenue: what the subscriptions that have started and not ended bring in a month, each normalised to a month and rounded once.
//!
//! A suspended subscription counts until it ends: its tenant is held and not gone, and churn is an end. So the revenue at any time follows from when
//! subscriptions started and ended alone.

use super::{Amounts, add, count_if};
use crate::{
    billing::{
        plan::price::Cadence,
        subscription::entity::{Column, Entity},
    },
    clock::Time,
    cx::Cx,
    error::Result,
    money::mul_div,
    store::{Scope, Visible},
};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta};
use sea_orm::{ColumnTrait, Condition, DbErr, FromQueryResult, QueryResult, QuerySelect};

/// How many subscriptions at one price ran at each of some times.
struct Group<const N: usize> {
    currency: String,
    cadence: Cadence,
    amount: i64,
    counts: [i64; N],
}

impl<const N: usize> FromQueryResult for Group<N> {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let mut counts = [0; N];
        for (i, count) in counts.iter_mut().enumerate() {
            *count = row.try_get(prefix, &name(i))?;
        }
        Ok(Self {
            currency: row.try_get(prefix, "currency")?,
            cadence: row.try_get(prefix, "cadence")?,
            amount: row.try_get(prefix, "amount")?,
            counts,
        })
    }
}

fn name(i: usize) -> String {
    format!("running_{i}")
}

/// The revenue at each of some times, in one read whose size is the number of prices.
pub(super) async fn at<S: Scope, const N: usize>(cx: &Cx<S>, times: [Time; N]) -> Result<[Amounts; N]>
where
    Entity: Visible<S>,
{
    let groups = cx.find::<Entity>().compute::<Group<N>>(|select| {
        let price = [Column::Currency, Column::Cadence, Column::Amount];
        let select = select.select_only().columns(price);
        let select = price.into_iter().fold(select, |select, column| select.group_by(column));
        let running = |at: Time| {
            let not_ended = Condition::any().add(Column::EndedAt.is_null()).add(Column::EndedAt.gt(at));
            Condition::all().add(Column::StartedAt.lte(at)).add(not_ended)
        };
        let times = times.iter().enumerate();
        times.fold(select, |select, (i, at)| count_if(select, running(*at), &name(i)))
    });
    let mut revenue = [const { Amounts::new() }; N];
    for group in groups.await? {
        let monthly = mul_div(group.amount, 1, group.cadence.months())?;
        for (amounts, count) in revenue.iter_mut().zip(group.counts).filter(|(_, count)| *count > 0) {
            add(amounts, &group.currency, mul_div(monthly, count, 1)?)?;
        }
    }
    Ok(revenue)
}

/// The last 12 months as "2026-01" with their last moments, the oldest first; the last moment of the last one is now.
pub(super) fn months(now: Time) -> [(String, Time); 12] {
    let first = now.date_naive().with_day(1).unwrap_or(now.date_naive());
    std::array::from_fn(|i| {
        let back = u32::try_from(11 - i).unwrap_or_default();
        let month = first.checked_sub_months(Months::new(back)).unwrap_or(NaiveDate::MIN);
        let next = month.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
        let last = DateTime::from_naive_utc_and_offset(next.and_time(NaiveTime::MIN), chrono::Utc) - TimeDelta::microseconds(1);
        (month.format("%Y-%m").to_string(), last.min(now))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_months_end_now() {
        let months = months("2026-03-31T10:00:00Z".parse().expect("a moment"));
        let text: Vec<_> = months.iter().map(|(month, last)| format!("{month} {last:?}")).collect();
        assert_eq!(text[0], "2025-04 2025-04-30T23:59:59.999999Z");
        assert_eq!(text[10], "2026-02 2026-02-28T23:59:59.999999Z");
        assert_eq!(text[11], "2026-03 2026-03-31T10:00:00Z");
    }
}
