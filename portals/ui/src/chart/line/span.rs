//! What the moments of a chart are: times, days or months.

use crate::{
    chart::scale::time_marks,
    time::{absolute, clock_text, date_text, iso},
};

/// What one moment of the chart stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Moment,
    Day,
    Month,
}

impl Span {
    /// What its column in a table is called.
    pub(super) fn title(self) -> &'static str {
        match self {
            Span::Moment => "Time",
            Span::Day => "Day",
            Span::Month => "Month",
        }
    }

    /// One of them in words.
    pub(super) fn name(self, at: i64, zone: Option<&str>) -> String {
        match self {
            Span::Moment => absolute(at, zone),
            Span::Day => date_text(&iso(at)[..10]),
            Span::Month => month_text(at),
        }
    }

    /// Where the axis is marked, with what: at most so many places.
    pub(super) fn marks(self, moments: &[i64], from: i64, to: i64, most: i64, zone: Option<&str>) -> Vec<(i64, String)> {
        let places = match self {
            Span::Month => thinned(moments, most),
            Span::Day | Span::Moment => time_marks(from, to, most),
        };
        let within_minutes = places.windows(2).any(|two| two[1] - two[0] < 60_000);
        let text = |at: i64| match self {
            Span::Month => month_text(at),
            Span::Day => day_text(at),
            Span::Moment => clock_text(at, zone, within_minutes),
        };
        places.into_iter().map(|at| (at, text(at))).collect()
    }
}

/// `Nov 2026` of a moment.
fn month_text(at: i64) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = iso(at);
    let month = day[5..7].parse::<usize>().ok().and_then(|month| NAMES.get(month.checked_sub(1)?));
    format!("{} {}", month.unwrap_or(&""), &day[..4])
}

/// At most so many of the moments, evenly, and the last one among them.
fn thinned(all: &[i64], most: i64) -> Vec<i64> {
    let step = all.len().div_ceil(usize::try_from(most).unwrap_or(1).max(1)).max(1);
    let mut kept: Vec<i64> = all.iter().rev().step_by(step).copied().collect();
    kept.reverse();
    kept
}

/// `20 Nov` of a moment.
fn day_text(at: i64) -> String {
    let full = date_text(&iso(at)[..10]);
    // The year is in the table and the tooltip.
    full.rsplit_once(' ')
        .map_or(full.clone(), |(day, _)| day.trim_end_matches(',').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_named_and_thinned_from_the_end() {
        assert_eq!(month_text(1_795_157_701_000), "Nov 2026");
        assert_eq!(thinned(&[1, 2, 3, 4, 5], 3), [1, 3, 5]);
        assert_eq!(thinned(&[1, 2, 3, 4], 3), [2, 4]);
        assert_eq!(thinned(&[], 3), [0i64; 0]);
    }
}
