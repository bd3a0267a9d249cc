//! Billing days: a day is a day in the tenant's time zone.

use crate::{
    clock::Time,
    error::{Error, Result},
};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The time zone with an IANA name, as a tenant has it.
pub fn zone(name: &str) -> Result<Tz> {
    name.parse()
        .map_err(|_| Error::internal(anyhow::anyhow!("{name:?} is no time zone")))
}

/// The day of a moment.
pub fn of(at: Time, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// No clock was ever put forward by more than a day and a bit.
const LONGEST_GAP_MINUTES: usize = 26 * 60;

/// The first moment of a day. Where clocks are put forward over midnight that is later than midnight; where they are put back over it, the first of both.
pub fn midnight(day: NaiveDate, zone: Tz) -> Result<Time> {
    let minutes = std::iter::successors(Some(day.and_time(NaiveTime::MIN)), |at| {
        at.checked_add_signed(TimeDelta::minutes(1))
    });
    minutes
        .take(LONGEST_GAP_MINUTES)
        .find_map(|at| zone.from_local_datetime(&at).earliest())
        .map(|at| at.with_timezone(&Utc))
        .ok_or_else(out_of_range)
}

/// When so many days are over of which the day of `at` is the first: the midnight after the last one. No days are over at once.
pub fn over(at: Time, days: u64, zone: Tz) -> Result<Time> {
    let end = of(at, zone).checked_add_days(Days::new(days)).ok_or_else(out_of_range)?;
    Ok(midnight(end, zone)?.max(at))
}

/// The calendar has an end.
pub(super) fn out_of_range() -> Error {
    Error::internal(anyhow::anyhow!("a date is beyond the calendar"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::TZ_VARIANTS;

    fn moment(text: &str) -> Time {
        text.parse().expect("a moment")
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_day_is_a_day_in_its_time_zone() {
        for (at, name, expected) in [
            ("2026-01-31T10:00:00Z", "Pacific/Kiritimati", "2026-02-01"),
            ("2026-01-31T09:59:59Z", "Pacific/Kiritimati", "2026-01-31"),
            ("2026-02-01T11:59:59Z", "Etc/GMT+12", "2026-01-31"),
            ("2026-02-01T12:00:00Z", "Etc/GMT+12", "2026-02-01"),
            ("2026-03-28T22:59:59Z", "Europe/Vienna", "2026-03-28"),
            ("2026-03-28T23:00:00Z", "Europe/Vienna", "2026-03-29"),
        ] {
            assert_eq!(of(moment(at), zone(name).expect(name)), day(expected), "{at} in {name}");
        }
    }

    #[test]
    fn midnight_is_found_where_clocks_change() {
        for (date, name, expected) in [
            ("2026-03-29", "Europe/Vienna", "2026-03-28T23:00:00Z"),
            ("2026-03-30", "Europe/Vienna", "2026-03-29T22:00:00Z"),
            ("2026-02-01", "Pacific/Kiritimati", "2026-01-31T10:00:00Z"),
            ("2026-02-01", "Etc/GMT+12", "2026-02-01T12:00:00Z"),
            // Midnight was left out: clocks went from 00:00 to 01:00.
            ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
            // Midnight came twice: clocks went from 01:00 to 00:00.
            ("2025-11-02", "America/Havana", "2025-11-02T04:00:00Z"),
            // The whole day was left out.
            ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(
                midnight(day(date), zone(name).expect(name)).expect(date),
                moment(expected),
                "{date} in {name}"
            );
        }
    }

    #[test]
    fn every_day_begins_at_its_midnight_in_every_zone() {
        for zone in TZ_VARIANTS {
            for date in day("2026-01-01").iter_days().take(366) {
                let begin = midnight(date, zone).expect("a midnight");
                assert_eq!(of(begin, zone), date, "{zone}");
                assert!(of(begin - TimeDelta::microseconds(1), zone) < date, "{date} in {zone}");
            }
        }
    }

    #[test]
    fn days_are_over_at_the_midnight_after_the_last_one() {
        let vienna = zone("Europe/Vienna").expect("a zone");
        let at = moment("2026-03-20T09:30:00Z");
        assert_eq!(over(at, 0, vienna).expect("a moment"), at);
        assert_eq!(over(at, 1, vienna).expect("a moment"), moment("2026-03-20T23:00:00Z"));
        // The clocks change in between.
        assert_eq!(over(at, 14, vienna).expect("a moment"), moment("2026-04-02T22:00:00Z"));
    }
}
