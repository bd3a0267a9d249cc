//! Moments: relative in the text, absolute with the zone on hover and focus. A moment is milliseconds since 1970 in UTC.

use leptos::prelude::*;

use crate::{dom, intl};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The time zone that the user chose in the account menu, such as `Europe/Berlin`; without a choice times are in the browser's zone.
#[derive(Clone, Copy)]
pub struct Zone(pub Signal<Option<String>>);

/// The time now, counted up every ten seconds.
#[derive(Clone, Copy)]
pub(crate) struct Now(RwSignal<i64>);

/// Puts the ticking time into the context; [`crate::start`] does it.
pub(crate) fn provide_now() {
    let now = RwSignal::new(now());
    provide_context(Now(now));
    #[cfg(target_arch = "wasm32")]
    set_interval(move || now.set(self::now()), std::time::Duration::from_secs(10));
}

/// The time now.
pub fn now() -> i64 {
    #[cfg(target_arch = "wasm32")]
    {
        js_sys::Date::now() as i64
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since
            .ok()
            .and_then(|since| i64::try_from(since.as_millis()).ok())
            .unwrap_or_default()
    }
}

/// How far away a moment is: `3 minutes ago`, `in 2 days`.
pub fn relative(at: i64, now: i64) -> String {
    let distance = (now - at).abs();
    let (count, unit) = match distance {
        d if d < 45 * SECOND => return "just now".to_owned(),
        d if d < HOUR => (d / MINUTE, "minute"),
        d if d < DAY => (d / HOUR, "hour"),
        d if d < 60 * DAY => (d / DAY, "day"),
        d if d < 730 * DAY => (d / (30 * DAY), "month"),
        d => (d / (365 * DAY), "year"),
    };
    let count = count.max(1);
    let plural = if count == 1 { "" } else { "s" };
    if at <= now {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

/// A length of time in its two largest units: `2 min 5 s`.
pub fn duration_text(millis: i64) -> String {
    let seconds = millis.max(0) / SECOND;
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, 0) => format!("{} ms", millis.max(0)),
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, ..) => format!("{d} d {h} h"),
    }
}

/// Year, month, day of a count of days since 1970 (the Gregorian calendar, in eras of 400 years that begin in March).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (
        year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day_of_year - (153 * from_march + 2) / 5 + 1,
    )
}

/// The moment in the form that programs read: `2026-11-20T06:55:01Z`.
pub fn iso(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let of_day = at.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / HOUR, of_day / MINUTE % 60, of_day / SECOND % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The moment as a person reads it, with its zone.
pub fn absolute(at: i64, zone: Option<&str>) -> String {
    intl::date_time(at, zone).unwrap_or_else(|| iso(at).replace('T', " ").replace('Z', " UTC"))
}

/// The time of the day, `06:55` or `06:55:01`.
pub fn clock_text(at: i64, zone: Option<&str>, seconds: bool) -> String {
    intl::clock(at, zone, seconds).unwrap_or_else(|| iso(at)[11..if seconds { 19 } else { 16 }].to_owned())
}

/// A calendar day, given as `2026-11-20`, as a person reads it.
pub fn date_text(day: &str) -> String {
    day_start(day).and_then(intl::day).unwrap_or_else(|| day.to_owned())
}

/// Midnight in UTC of a day given as `2026-11-20`.
pub fn day_start(day: &str) -> Option<i64> {
    let mut parts = day.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    // The day is found by counting: months differ in length, and the search is short.
    let guess = (year - 1970) * 365 + (year - 1969).div_euclid(4) + (month - 1) * 30 + day;
    (guess - 40..guess + 40)
        .find(|days| civil(*days) == (year, month, day))
        .map(|days| days * DAY)
}

/// The zone that the browser is set to, `Europe/Vienna`; UTC where it does not say.
pub fn own_zone() -> String {
    intl::own_zone().unwrap_or_else(|| "UTC".to_owned())
}

/// The names of the time zones to choose from: the browser's, UTC, and one that is chosen already.
pub fn time_zones(chosen: &str) -> Vec<String> {
    let mut zones = intl::zones();
    for name in ["UTC", chosen] {
        if !name.is_empty() && !zones.iter().any(|zone| zone == name) {
            zones.push(name.to_owned());
        }
    }
    zones.sort();
    zones
}

/// A moment: how far away it is, and on hover and focus exactly when, with the zone.
#[component]
pub fn TimeText(
    /// Milliseconds since 1970 in UTC.
    #[prop(into)]
    at: Signal<i64>,
) -> impl IntoView {
    let now = use_context::<Now>().map_or_else(|| RwSignal::new(now()), |now| now.0);
    let zone = use_context::<Zone>();
    let exact = move || absolute(at.get(), zone.and_then(|zone| zone.0.get()).as_deref());
    let id = dom::unique_id("time");
    view! {
        <span class="tip">
            <time tabindex="0" datetime=move || iso(at.get()) aria-describedby=id.clone()>
                {move || relative(at.get(), now.get())}
            </time>
            <span role="tooltip" class="tip-text" id=id>
                {exact}
            </span>
        </span>
    }
}

/// A calendar day, such as the due date of an invoice.
#[component]
pub fn DateText(
    /// The day as `2026-11-20`.
    #[prop(into)]
    day: Signal<String>,
) -> impl IntoView {
    view! { <time datetime=move || day.get()>{move || date_text(&day.get())}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_words() {
        let now = 1_000 * DAY;
        for (at, text) in [
            (now, "just now"),
            (now - 50 * SECOND, "1 minute ago"),
            (now - 59 * MINUTE - 50 * SECOND, "59 minutes ago"),
            (now - 90 * MINUTE, "1 hour ago"),
            (now + 2 * DAY, "in 2 days"),
            (now - 61 * DAY, "2 months ago"),
            (now - 800 * DAY, "2 years ago"),
        ] {
            assert_eq!(relative(at, now), text);
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00Z");
        assert_eq!(iso(1_795_157_701_000), "2026-11-20T06:55:01Z");
        assert_eq!(iso(-1000), "1969-12-31T23:59:59Z");
        for day in ["1970-01-01", "2000-02-29", "2026-11-20", "2100-12-31"] {
            assert_eq!(day_start(day).map(|at| iso(at)[..10].to_owned()).as_deref(), Some(day));
        }
        assert_eq!(day_start("2026-02-30"), None);
        assert_eq!(day_start("soon"), None);
    }

    #[test]
    fn lengths_have_two_units() {
        assert_eq!(duration_text(320), "320 ms");
        assert_eq!(duration_text(125_000), "2 min 5 s");
        assert_eq!(duration_text(90_000_000), "1 d 1 h");
    }
}
