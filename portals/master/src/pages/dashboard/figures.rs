//! Figures, and how they are written.

use std::cmp::Ordering;

use portal_client::pb;
use portal_ui::{Delta, Series, currency_digits, day_start, grouped};

/// A count with separators for thousands.
pub fn count_text(count: i64) -> String {
    grouped(u64::try_from(count).unwrap_or(0))
}

/// How many tenants stand in a state.
pub fn tenants_in(it: &pb::MasterDashboard, state: pb::TenantState) -> i64 {
    it.tenants.iter().filter(|one| one.state() == state).map(|one| one.count).sum()
}

/// How many instances have failed or are unhealthy.
pub fn failing_count(it: &pb::MasterDashboard) -> i64 {
    use pb::DeploymentState::{Failed, Unhealthy};
    let failing = it.deployments.iter().filter(|one| matches!(one.state(), Failed | Unhealthy));
    failing.map(|one| one.count).sum()
}

/// How many are new, against the same time before.
pub fn new_tenants(new: i64, before: i64) -> Delta {
    let direction = new.cmp(&before);
    Delta {
        text: format!("{new} new in 30 days, {before} in the 30 before"),
        direction,
        good: match direction {
            Ordering::Greater => Some(true),
            Ordering::Less => Some(false),
            Ordering::Equal => None,
        },
    }
}

/// The change of the revenue per currency, in tenths of a percent.
pub fn mrr_delta(now: &[pb::Money], before: &[pb::Money]) -> Option<Delta> {
    let mut changes = Vec::new();
    for money in now {
        let was = before
            .iter()
            .find(|it| it.currency_code == money.currency_code)
            .map_or(0, |it| it.minor_units);
        if was > 0 {
            let permille = (i128::from(money.minor_units) - i128::from(was)) * 1000 / i128::from(was);
            changes.push((money.currency_code.as_str(), permille));
        }
    }
    let words = |permille: i128| {
        let percent = format!("{}.{} %", permille.abs() / 10, permille.abs() % 10);
        match permille.cmp(&0) {
            Ordering::Greater => format!("{percent} more"),
            Ordering::Less => format!("{percent} less"),
            Ordering::Equal => "as much".to_owned(),
        }
    };
    let text = match changes.as_slice() {
        [] => return None,
        [(_, only)] => words(*only),
        several => several
            .iter()
            .map(|(code, permille)| format!("{code} {}", words(*permille)))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let as_or_than = if text.ends_with("as much") { "as" } else { "than" };
    let ups = changes.iter().filter(|(_, permille)| *permille > 0).count();
    let downs = changes.iter().filter(|(_, permille)| *permille < 0).count();
    let (direction, good) = match (ups, downs) {
        (1.., 0) => (Ordering::Greater, Some(true)),
        (0, 1..) => (Ordering::Less, Some(false)),
        _ => (Ordering::Equal, None),
    };
    Some(Delta {
        text: format!("{text} {as_or_than} 30 days ago"),
        direction,
        good,
    })
}

/// One line for each currency.
pub fn mrr_series(history: &[pb::MrrPoint]) -> Vec<Series> {
    let mut codes: Vec<&str> = history
        .iter()
        .flat_map(|point| &point.mrr)
        .map(|money| money.currency_code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    let series = |code: &str| {
        let scale = 10f64.powi(currency_digits(code) as i32);
        let value = |point: &pb::MrrPoint| {
            let at = day_start(&format!("{}-01", point.month))?;
            let money = point.mrr.iter().find(|money| money.currency_code == code);
            // A month without revenue is a month with none of it.
            Some((at, Some(money.map_or(0.0, |money| money.minor_units as f64 / scale))))
        };
        Series {
            name: code.to_owned(),
            points: history.iter().filter_map(value).collect(),
        }
    };
    codes.into_iter().map(series).collect()
}

/// `12.5k`.
pub fn short_amount(value: f64) -> String {
    match value.abs() {
        v if v >= 1_000_000.0 => format!("{:.1}M", value / 1_000_000.0),
        v if v >= 10_000.0 => format!("{:.0}k", value / 1000.0),
        v if v >= 1000.0 => format!("{:.1}k", value / 1000.0),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(code: &str, minor_units: i64) -> pb::Money {
        pb::Money {
            currency_code: code.into(),
            minor_units,
        }
    }

    #[test]
    fn revenue_is_compared_per_currency() {
        let delta = |now: &[pb::Money], before: &[pb::Money]| mrr_delta(now, before).map(|delta| (delta.text, delta.good));
        assert_eq!(
            delta(&[money("EUR", 10_410)], &[money("EUR", 10_000)]),
            Some(("4.1 % more than 30 days ago".into(), Some(true)))
        );
        assert_eq!(
            delta(&[money("EUR", 100), money("USD", 50)], &[money("EUR", 100), money("USD", 100)]),
            Some(("EUR as much, USD 50.0 % less than 30 days ago".into(), Some(false)))
        );
        assert_eq!(delta(&[money("EUR", 5)], &[]), None);
    }

    #[test]
    fn a_month_without_revenue_is_a_zero() {
        let point = |month: &str, mrr: Vec<pb::Money>| pb::MrrPoint { month: month.into(), mrr };
        let series = mrr_series(&[
            point("2026-10", Vec::new()),
            point("2026-11", vec![money("JPY", 900), money("EUR", 1250)]),
        ]);
        let names: Vec<&str> = series.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["EUR", "JPY"]);
        let values: Vec<_> = series
            .iter()
            .map(|one| one.points.iter().map(|point| point.1).collect::<Vec<_>>())
            .collect();
        assert_eq!(values, [[Some(0.0), Some(12.5)], [Some(0.0), Some(900.0)]]);
    }

    #[test]
    fn large_amounts_are_short() {
        assert_eq!(
            [950.0, 1250.0, 42_000.0, 3_210_000.0].map(short_amount),
            ["950", "1.2k", "42k", "3.2M"]
        );
    }
}
