//! Lines over time.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::scale::{Axis, time_marks};
use crate::{
    empty::EmptyState,
    icon::{Icon, IconView},
    load::Load,
    remote::Remote,
    time::{Zone, absolute, clock_text, date_text, iso},
};

/// A value for each moment; a moment without a value breaks the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Moments in milliseconds since 1970, in order, and their values.
    pub points: Vec<(i64, Option<f64>)>,
}

/// How large the drawing is; it grows and shrinks with its place.
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;

/// A chart of up to six lines, told apart by dash and marker as well as by colour. The pointer and the arrow keys show single
/// moments; `Show as table` gives the same numbers.
#[component]
pub fn LineChart(
    /// What it shows, for readers and as its name: `Memory of the last hour`.
    label: &'static str,
    /// The lines.
    data: Remote<Vec<Series>>,
    /// A value as text: `|value: f64| format!("{value:.0} MB")`.
    #[prop(into)]
    format: Callback<f64, String>,
    /// Each moment is a day: the axis and the table name days instead of times.
    #[prop(optional)]
    by_day: bool,
    /// Each moment is the first day of a month: the axis and the table name months.
    #[prop(optional)]
    by_month: bool,
    /// What it says while there are no values.
    #[prop(default = "There are no values for this time yet.")]
    empty: &'static str,
) -> impl IntoView {
    let span = match (by_month, by_day) {
        (true, _) => Span::Month,
        (_, true) => Span::Day,
        _ => Span::Moment,
    };
    let as_table = RwSignal::new(false);
    let any = Memo::new(move |_| data.value().with(|series| series.as_ref().is_some_and(|series| has_values(series))));
    let skeleton = ViewFn::from(|| view! { <div class="chart-skeleton" role="status"><span class="sr-only">"Loading"</span></div> });
    view! {
        <div class="chart">
            <Load data=data what=label skeleton=skeleton let:series>
                {
                    move || match (any.get(), as_table.get()) {
                        (false, _) => view! { <EmptyState icon=Icon::Chart title="No values" text=empty /> }.into_any(),
                        (true, true) => table(label, series, format, span).into_any(),
                        (true, false) => view! { <Drawing label=label series=series format=format span=span /> }.into_any(),
                    }
                }
            </Load>
            <Show when=move || any.get()>
                <button
                    type="button"
                    class="btn btn-ghost btn-sm chart-switch"
                    aria-pressed=move || as_table.get().to_string()
                    on:click=move |_| as_table.update(|table| *table = !*table)
                >
                    <IconView icon=Icon::Table />
                    "Show as table"
                </button>
            </Show>
        </div>
    }
}

/// What one moment of the chart stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Span {
    Moment,
    Day,
    Month,
}

impl Span {
    /// What its column in a table is called.
    fn title(self) -> &'static str {
        match self {
            Span::Moment => "Time",
            Span::Day => "Day",
            Span::Month => "Month",
        }
    }

    /// One of them in words.
    fn name(self, at: i64, zone: Option<&str>) -> String {
        match self {
            Span::Moment => absolute(at, zone),
            Span::Day => date_text(&iso(at)[..10]),
            Span::Month => month_text(at),
        }
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

/// Whether there is anything to draw.
fn has_values(series: &[Series]) -> bool {
    series.iter().any(|one| one.points.iter().any(|point| point.1.is_some()))
}

/// The moments of all lines, in order, each once.
fn moments(series: &[Series]) -> Vec<i64> {
    let mut all: Vec<i64> = series.iter().flat_map(|one| one.points.iter().map(|point| point.0)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn value_at(series: &Series, at: i64) -> Option<f64> {
    series
        .points
        .binary_search_by_key(&at, |point| point.0)
        .ok()
        .and_then(|found| series.points[found].1)
}

/// The path of a line: a new stroke after each gap.
fn path(series: &Series, x: impl Fn(i64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut out = String::new();
    let mut pen = 'M';
    for (at, value) in &series.points {
        match value {
            Some(value) => {
                out.push_str(&format!("{pen}{:.1} {:.1}", x(*at), y(*value)));
                pen = 'L';
            }
            None => pen = 'M',
        }
    }
    out
}

/// The drawing with its axes, its legend and the values of one moment.
#[component]
fn Drawing(label: &'static str, series: Signal<Vec<Series>>, format: Callback<f64, String>, span: Span) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let width = RwSignal::new(640.0);
    let chosen = RwSignal::new(None::<i64>);
    let zone = use_context::<Zone>();
    let zone = move || zone.and_then(|zone| zone.0.get());
    super::follow_width(place, width);

    let axis =
        Memo::new(move |_| series.with(|series| Axis::over(series.iter().flat_map(|one| one.points.iter().filter_map(|point| point.1)))));
    let range = Memo::new(move |_| {
        let all = series.with(|series| moments(series));
        (all.first().copied().unwrap_or(0), all.last().copied().unwrap_or(0))
    });
    let x = move |at: i64| {
        let (from, to) = range.get();
        LEFT + (at - from) as f64 / (to - from).max(1) as f64 * (width.get() - LEFT - RIGHT)
    };
    let y = move |value: f64| TOP + (1.0 - axis.get().part(value)) * (HEIGHT - TOP - BOTTOM);

    let lines = move || {
        let line = |value: f64| {
            let at = y(value);
            view! {
                <line class="chart-grid" x1=LEFT x2=move || width.get() - RIGHT y1=at y2=at></line>
                <text class="chart-text" x=LEFT - 8.0 y=at + 4.0 text-anchor="end">{format.run(value)}</text>
            }
        };
        axis.get().lines().into_iter().map(line).collect_view()
    };
    let marks = move || {
        let (from, to) = range.get();
        let most = ((width.get() - LEFT - RIGHT) / 90.0).floor().max(1.0) as i64;
        let places = match span {
            Span::Month => series.with(|series| thinned(&moments(series), most)),
            Span::Day | Span::Moment => time_marks(from, to, most),
        };
        let within_minutes = places.windows(2).any(|two| two[1] - two[0] < 60_000);
        let mark = |at: i64| {
            let text = match span {
                Span::Month => month_text(at),
                Span::Day => day_text(at),
                Span::Moment => clock_text(at, zone().as_deref(), within_minutes),
            };
            view! { <text class="chart-text" x=x(at) y=HEIGHT - 8.0 text-anchor="middle">{text}</text> }
        };
        places.into_iter().filter(|at| x(*at) < width.get() - 20.0).map(mark).collect_view()
    };
    let paths = move || {
        let one =
            |(at, series): (usize, Series)| view! { <path class=format!("chart-line series-{}", at + 1) d=path(&series, x, y)></path> };
        series.get().into_iter().take(6).enumerate().map(one).collect_view()
    };
    let cursor = move || {
        chosen.get().map(|at| {
            let dot = |(number, series): (usize, Series)| value_at(&series, at).map(|value| super::marker(number, x(at), y(value)));
            let dots = series.get().into_iter().take(6).enumerate().map(dot).collect_view();
            view! { <line class="chart-cursor" x1=x(at) x2=x(at) y1=TOP y2=HEIGHT - BOTTOM></line> {dots} }
        })
    };
    let when = move |at: i64| span.name(at, zone().as_deref());
    let tooltip = move || {
        chosen.get().map(|at| {
            let entry = |(number, series): (usize, Series)| {
                let value = value_at(&series, at).map_or_else(|| "no value".to_owned(), |value| format.run(value));
                view! { <li>{super::swatch(number)} <span>{series.name}</span> <strong>{value}</strong></li> }
            };
            let entries = series.get().into_iter().take(6).enumerate().map(entry).collect_view();
            view! { <p class="chart-when">{when(at)}</p> <ul>{entries}</ul> }
        })
    };
    let tooltip_place = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        let (Some(at), Some(tooltip)) = (chosen.get(), tooltip_place.get()) else {
            return;
        };
        let style = tooltip.unchecked_ref::<web_sys::HtmlElement>().style();
        let right_half = x(at) > width.get() / 2.0;
        let (side, other, offset) = if right_half {
            ("right", "left", width.get() - x(at))
        } else {
            ("left", "right", x(at))
        };
        let _ = style.set_property(side, &format!("{:.0}px", offset + 12.0));
        let _ = style.set_property(other, "auto");
    });

    let nearest = move |place: f64| {
        let all = series.with_untracked(|series| moments(series));
        all.into_iter()
            .min_by(|a, b| (untrack(|| x(*a)) - place).abs().total_cmp(&(untrack(|| x(*b)) - place).abs()))
    };
    // The chart is also left when it goes away.
    let leave = move || {
        chosen.try_set(None);
    };
    let on_move = move |event: web_sys::PointerEvent| {
        if let Some(place) = place.get_untracked() {
            chosen.set(nearest(f64::from(event.client_x()) - place.get_bounding_client_rect().left()));
        }
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        let all = series.with_untracked(|series| moments(series));
        let Some(last) = all.len().checked_sub(1) else { return };
        let at = chosen.get_untracked().and_then(|at| all.binary_search(&at).ok());
        let to = match event.key().as_str() {
            "ArrowLeft" => at.map_or(last, |at| at.saturating_sub(1)),
            "ArrowRight" => at.map_or(0, |at| (at + 1).min(last)),
            "Home" => 0,
            "End" => last,
            "Escape" => {
                chosen.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        chosen.set(Some(all[to]));
    };
    let legend = move || {
        let entry = |(number, series): (usize, Series)| view! { <li>{super::swatch(number)} {series.name}</li> };
        series.get().into_iter().take(6).enumerate().map(entry).collect_view()
    };
    let said = move || {
        chosen.get().map(|at| {
            let values = series.with(|series| {
                let one = |one: &Series| {
                    format!(
                        "{} {}",
                        one.name,
                        value_at(one, at).map_or_else(|| "no value".to_owned(), |value| format.run(value))
                    )
                };
                series.iter().map(one).collect::<Vec<_>>().join(", ")
            });
            format!("{}: {values}", when(at))
        })
    };
    view! {
        <div
            class="chart-place"
            node_ref=place
            tabindex="0"
            role="img"
            aria-label=move || format!("{label}. {} Use the arrow keys to read single values.", summary(&series.get(), format))
            on:pointermove=on_move
            on:pointerleave=move |_| leave()
            on:blur=move |_| leave()
            on:keydown=on_keydown
        >
            <svg class="chart-svg" viewBox=move || format!("0 0 {} {HEIGHT}", width.get()) aria-hidden="true" focusable="false">
                {lines} {marks} {paths} {cursor}
            </svg>
            <div class="chart-tooltip" node_ref=tooltip_place hidden=move || chosen.get().is_none()>
                {tooltip}
            </div>
        </div>
        <ul class="chart-legend">{legend}</ul>
        <p class="sr-only" role="status">
            {said}
        </p>
    }
}

/// The last value and the range of each line, in words.
fn summary(series: &[Series], format: Callback<f64, String>) -> String {
    let one = |series: &Series| {
        let values: Vec<f64> = series.points.iter().filter_map(|point| point.1).collect();
        let last = values.last()?;
        let (low, high) = values
            .iter()
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        Some(format!(
            "{}: now {}, lowest {}, highest {}.",
            series.name,
            format.run(*last),
            format.run(low),
            format.run(high)
        ))
    };
    series.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

/// `20 Nov` of a moment.
fn day_text(at: i64) -> String {
    let full = date_text(&iso(at)[..10]);
    // The year is in the table and the tooltip.
    full.rsplit_once(' ')
        .map_or(full.clone(), |(day, _)| day.trim_end_matches(',').to_owned())
}

/// The same numbers as a table.
fn table(label: &'static str, series: Signal<Vec<Series>>, format: Callback<f64, String>, span: Span) -> impl IntoView {
    let zone = use_context::<Zone>().and_then(|zone| zone.0.get());
    let names = move || {
        series
            .get()
            .into_iter()
            .map(|one| view! { <th scope="col" class="num">{one.name}</th> })
            .collect_view()
    };
    let rows = move || {
        let all = series.get();
        let row = |at: i64| {
            let values = all
                .iter()
                .map(|one| value_at(one, at).map_or_else(|| "\u{2013}".to_owned(), |value| format.run(value)));
            let values = values.map(|value| view! { <td class="num">{value}</td> }).collect_view();
            let when = span.name(at, zone.as_deref());
            view! { <tr><th scope="row">{when}</th>{values}</tr> }
        };
        moments(&all).into_iter().map(row).collect_view()
    };
    view! {
        <div class="chart-table" role="region" aria-label=label tabindex="0">
            <table class="table table-plain">
                <thead><tr><th scope="col">{span.title()}</th>{names}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series() -> Series {
        Series {
            name: "Memory".into(),
            points: vec![(0, Some(1.0)), (10, None), (20, Some(3.0)), (30, Some(2.0))],
        }
    }

    #[test]
    fn a_gap_breaks_the_line() {
        assert_eq!(path(&series(), |at| at as f64, |value| value), "M0.0 1.0M20.0 3.0L30.0 2.0");
    }

    #[test]
    fn months_are_named_and_thinned_from_the_end() {
        assert_eq!(month_text(1_795_157_701_000), "Nov 2026");
        assert_eq!(thinned(&[1, 2, 3, 4, 5], 3), [1, 3, 5]);
        assert_eq!(thinned(&[1, 2, 3, 4], 3), [2, 4]);
        assert_eq!(thinned(&[], 3), [0i64; 0]);
    }

    #[test]
    fn the_words_name_last_lowest_highest() {
        let text = Owner::new().with(|| summary(&[series()], Callback::new(|value: f64| format!("{value} MB"))));
        assert_eq!(text, "Memory: now 2 MB, lowest 1 MB, highest 3 MB.");
        assert_eq!(moments(&[series(), series()]), [0, 10, 20, 30]);
    }
}
