//! The lines with their axes, and the values of one moment.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Series, moments, span::Span, value_at};
use crate::{
    chart::{follow_width, marker, scale::Axis, swatch},
    time::Zone,
};

/// How large the drawing is; it grows and shrinks with its place.
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;

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

/// The values without a neighbour, of which a line shows nothing.
fn alone(series: &Series) -> Vec<(i64, f64)> {
    let points = &series.points;
    let gap = |at: Option<usize>| at.and_then(|at| points.get(at)).is_none_or(|point| point.1.is_none());
    let one = |(at, point): (usize, &(i64, Option<f64>))| {
        point
            .1
            .filter(|_| gap(at.checked_sub(1)) && gap(at.checked_add(1)))
            .map(|value| (point.0, value))
    };
    points.iter().enumerate().filter_map(one).collect()
}

/// The drawing with its axes, its legend and the values of one moment.
#[component]
pub fn Drawing(label: &'static str, series: Signal<Vec<Series>>, format: Callback<f64, String>, span: Span) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let width = RwSignal::new(640.0);
    let chosen = RwSignal::new(None::<i64>);
    let zone = use_context::<Zone>();
    let zone = move || zone.and_then(|zone| zone.0.get());
    follow_width(place, width);

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
        let marks = series.with(|series| span.marks(&moments(series), from, to, most, zone().as_deref()));
        let mark = |(at, text): (i64, String)| {
            view! { <text class="chart-text" x=x(at) y=HEIGHT - 8.0 text-anchor="middle">{text}</text> }
        };
        marks
            .into_iter()
            .filter(|(at, _)| x(*at) < width.get() - 20.0)
            .map(mark)
            .collect_view()
    };
    let paths = move || {
        let one = |(number, series): (usize, Series)| {
            let alone = alone(&series).into_iter().map(|(at, value)| marker(number, x(at), y(value)));
            view! {
                <path class=format!("chart-line series-{}", number + 1) d=path(&series, x, y)></path>
                {alone.collect_view()}
            }
        };
        series.get().into_iter().take(6).enumerate().map(one).collect_view()
    };
    let cursor = move || {
        chosen.get().map(|at| {
            let dot = |(number, series): (usize, Series)| value_at(&series, at).map(|value| marker(number, x(at), y(value)));
            let dots = series.get().into_iter().take(6).enumerate().map(dot).collect_view();
            view! { <line class="chart-cursor" x1=x(at) x2=x(at) y1=TOP y2=HEIGHT - BOTTOM></line> {dots} }
        })
    };
    let when = move |at: i64| span.name(at, zone().as_deref());
    let tooltip = move || {
        chosen.get().map(|at| {
            let entry = |(number, series): (usize, Series)| {
                let value = value_at(&series, at).map_or_else(|| "no value".to_owned(), |value| format.run(value));
                view! { <li>{swatch(number)} <span>{series.name}</span> <strong>{value}</strong></li> }
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
        let entry = |(number, series): (usize, Series)| view! { <li>{swatch(number)} {series.name}</li> };
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
    fn a_gap_breaks_the_line_and_a_value_alone_is_marked() {
        assert_eq!(path(&series(), |at| at as f64, |value| value), "M0.0 1.0M20.0 3.0L30.0 2.0");
        assert_eq!(alone(&series()), [(0, 1.0)]);
    }

    #[test]
    fn the_words_name_last_lowest_highest() {
        let text = Owner::new().with(|| summary(&[series()], Callback::new(|value: f64| format!("{value} MB"))));
        assert_eq!(text, "Memory: now 2 MB, lowest 1 MB, highest 3 MB.");
    }
}
