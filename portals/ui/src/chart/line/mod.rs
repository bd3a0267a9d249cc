//! Lines over time.

mod drawing;
mod span;
mod table;

use drawing::Drawing;
use leptos::prelude::*;
use span::Span;
use table::table;

use crate::{
    empty::EmptyState,
    icon::{Icon, IconView},
    load::Load,
    remote::Remote,
};

/// A value for each moment; a moment without a value breaks the line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it shows.
    pub name: String,
    /// Moments in milliseconds since 1970, in order, and their values.
    pub points: Vec<(i64, Option<f64>)>,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_there_once_and_in_order() {
        let of = |points: &[i64]| Series {
            name: "Memory".into(),
            points: points.iter().map(|at| (*at, Some(1.0))).collect(),
        };
        assert_eq!(moments(&[of(&[0, 20]), of(&[10, 20, 30])]), [0, 10, 20, 30]);
    }
}
