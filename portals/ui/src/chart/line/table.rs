//! The same numbers as a table.

use leptos::prelude::*;

use super::{Series, moments, span::Span, value_at};
use crate::time::Zone;

/// The same numbers as a table.
pub(super) fn table(label: &'static str, series: Signal<Vec<Series>>, format: Callback<f64, String>, span: Span) -> impl IntoView {
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
