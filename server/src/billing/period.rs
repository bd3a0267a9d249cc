//! Billing periods: runs of days that follow one another without gap or overlap, the last day of one being the day before the next.

use super::{day::out_of_range, plan::price::Cadence};
use crate::error::Result;
use chrono::{Datelike, NaiveDate};

/// A run of days. The end is the day after the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub start: NaiveDate,
    /// The day after the last one.
    pub end: NaiveDate,
}

impl Period {
    /// How many days it has.
    pub fn days(&self) -> i64 {
        (self.end - self.start).num_days()
    }

    /// What is left of it from a day on.
    pub fn from(self, start: NaiveDate) -> Self {
        Self { start, ..self }
    }
}

impl Cadence {
    /// How many months a full period has.
    pub fn months(self) -> i64 {
        match self {
            Self::Monthly => 1,
            Self::Quarterly => 3,
            Self::Yearly => 12,
        }
    }
}

/// The days on which full periods begin: the anchor day of every first, third or twelfth month; in a shorter month its last day. The day is never taken from the
/// period before, so that it comes back: 31 January, 28 February, 31 March.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    months: i64,
    anchor_day: u32,
    /// A month in which a period begins, counted from the year 0.
    month: i64,
}

impl Rhythm {
    /// The periods that begin on `anchor_day` of the month in which `day` is, and so on before and after it.
    pub fn in_month_of(day: NaiveDate, cadence: Cadence, anchor_day: u32) -> Self {
        Self {
            months: cadence.months(),
            anchor_day,
            month: month_of(day),
        }
    }

    /// The full period in which a day lies.
    pub fn full(&self, day: NaiveDate) -> Result<Period> {
        let ahead = (month_of(day) - self.month).div_euclid(self.months);
        let start = self.begin(ahead)?;
        if start <= day {
            return Ok(Period {
                start,
                end: self.begin(ahead + 1)?,
            });
        }
        Ok(Period {
            start: self.begin(ahead - 1)?,
            end: start,
        })
    }

    /// The first day of the period that begins so many periods after the known one.
    fn begin(&self, ahead: i64) -> Result<NaiveDate> {
        let month = self.month + ahead * self.months;
        let first = i32::try_from(month.div_euclid(12))
            .ok()
            .zip(u32::try_from(month.rem_euclid(12)).ok())
            .and_then(|(year, month0)| NaiveDate::from_ymd_opt(year, month0 + 1, 1))
            .ok_or_else(out_of_range)?;
        let day = self.anchor_day.clamp(1, u32::from(first.num_days_in_month()));
        first.with_day(day).ok_or_else(out_of_range)
    }
}

fn month_of(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month0())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::mul_div;
    use Cadence::{Monthly, Quarterly, Yearly};
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn period(start: &str, end: &str) -> Period {
        Period {
            start: day(start),
            end: day(end),
        }
    }

    /// The first days of the periods from the one in which a day lies.
    fn begins(start: &str, cadence: Cadence, anchor_day: u32, count: usize) -> Vec<String> {
        let rhythm = Rhythm::in_month_of(day(start), cadence, anchor_day);
        let first = rhythm.full(day(start)).expect("a period");
        std::iter::successors(Some(first), |p| rhythm.full(p.end).ok())
            .map(|p| p.start.to_string())
            .take(count)
            .collect()
    }

    #[test]
    fn an_anchor_beyond_a_month_comes_back() {
        assert_eq!(
            begins("2024-01-31", Monthly, 31, 5),
            ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]
        );
        assert_eq!(
            begins("2024-02-29", Yearly, 29, 5),
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
        );
        assert_eq!(begins("2025-11-30", Quarterly, 30, 3), ["2025-11-30", "2026-02-28", "2026-05-30"]);
    }

    #[test]
    fn a_first_period_ends_at_the_next_anchor() {
        for (start, cadence, anchor, full) in [
            // Begun on the anchor: a full one.
            ("2026-01-31", Monthly, 31, period("2026-01-31", "2026-02-28")),
            // Begun after it.
            ("2025-10-08", Quarterly, 1, period("2025-10-01", "2026-01-01")),
            ("2026-01-31", Monthly, 30, period("2026-01-30", "2026-02-28")),
            ("2026-12-31", Monthly, 1, period("2026-12-01", "2027-01-01")),
            ("2026-05-20", Yearly, 15, period("2026-05-15", "2027-05-15")),
            // The anchor is still ahead in the month: the first period ends there.
            ("2025-10-08", Quarterly, 15, period("2025-07-15", "2025-10-15")),
            ("2026-02-20", Monthly, 31, period("2026-01-31", "2026-02-28")),
            ("2026-05-10", Yearly, 15, period("2025-05-15", "2026-05-15")),
        ] {
            let found = Rhythm::in_month_of(day(start), cadence, anchor).full(day(start)).expect("a period");
            assert_eq!(found, full, "{start} {cadence} {anchor}");
        }
    }

    #[test]
    fn a_short_first_period_is_prorated_against_the_full_one_with_the_same_end() {
        let full = Rhythm::in_month_of(day("2025-10-08"), Quarterly, 1)
            .full(day("2025-10-08"))
            .expect("a period");
        let first = full.from(day("2025-10-08"));
        assert_eq!((first.days(), full.days()), (85, 92));
        assert_eq!(mul_div(9000, first.days(), full.days()), Ok(8315));
        // Measured from the true anchor: 31 January to 28 February.
        let february = Rhythm::in_month_of(day("2026-02-10"), Monthly, 31)
            .full(day("2026-02-10"))
            .expect("a period");
        assert_eq!(february.days(), 28);
    }

    #[test]
    fn a_change_in_the_middle_of_january() {
        let january = period("2024-01-01", "2024-02-01");
        let left = january.from(day("2024-01-16")).days();
        let part = |amount| mul_div(amount, left, january.days()).expect("an amount");
        assert_eq!([part(-2900), part(-1000), part(9900), part(2500)], [-1497, -516, 5110, 1290]);
        assert_eq!(part(-2900) + part(-1000) + part(9900) + part(2500), 4387);
    }

    #[test]
    fn the_calendar_has_an_end() {
        assert!(Rhythm::in_month_of(NaiveDate::MAX, Yearly, 31).full(NaiveDate::MAX).is_err());
        assert!(Rhythm::in_month_of(NaiveDate::MIN, Monthly, 31).full(NaiveDate::MIN).is_err());
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0..200_000u64).prop_map(|days| day("1900-01-01") + chrono::Days::new(days))
    }

    fn any_cadence() -> impl Strategy<Value = Cadence> {
        prop::sample::select(vec![Monthly, Quarterly, Yearly])
    }

    proptest! {
        #[test]
        fn periods_tile_without_gap_or_overlap(start in any_day(), at in any_day(), cadence in any_cadence(), anchor in 1..=31u32) {
            let rhythm = Rhythm::in_month_of(start, cadence, anchor);
            let full = rhythm.full(at).expect("a period");
            prop_assert!(full.start <= at && at < full.end);
            for inside in full.start.iter_days().take_while(|d| *d < full.end) {
                prop_assert_eq!(rhythm.full(inside).expect("a period"), full);
            }
            prop_assert_eq!(rhythm.full(full.end).expect("a period").start, full.end);
        }

        #[test]
        fn anchors_come_back(start in any_day(), cadence in any_cadence(), anchor in 1..=31u32, periods in 0..40usize) {
            let rhythm = Rhythm::in_month_of(start, cadence, anchor);
            let mut full = rhythm.full(start).expect("a period");
            for _ in 0..periods {
                full = rhythm.full(full.end).expect("a period");
            }
            let last = u32::from(full.start.num_days_in_month());
            prop_assert_eq!(full.start.day(), anchor.min(last));
            // What is known of a subscription is the end of its running period: the rhythm can be told from it.
            prop_assert_eq!(Rhythm::in_month_of(full.end, cadence, anchor).full(full.start).expect("a period"), full);
        }

        #[test]
        fn a_part_of_a_period_costs_at_most_the_whole(start in any_day(), cadence in any_cadence(), anchor in 1..=31u32, amount in 0..=1_000_000_000_000i64) {
            let full = Rhythm::in_month_of(start, cadence, anchor).full(start).expect("a period");
            let mut before = amount;
            for from in full.start.iter_days().take_while(|d| *d < full.end) {
                let part = mul_div(amount, full.from(from).days(), full.days()).expect("an amount");
                prop_assert!((0..=before).contains(&part));
                before = part;
            }
            prop_assert_eq!(mul_div(amount, full.days(), full.days()), Ok(amount));
        }
    }
}
