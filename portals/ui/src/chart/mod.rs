//! Numbers as pictures; each can also be read as text.

mod bar;
mod kpi;
mod line;
mod scale;

use leptos::{html, prelude::*};

pub use bar::{Meter, Part, StackBar};
pub use kpi::{Delta, Kpi, KpiTile, Tile, delta};
pub use line::{LineChart, Series};
pub use scale::short_number;

/// The marker of a series at a place: six shapes, so that colour is not needed.
fn marker(number: usize, x: f64, y: f64) -> AnyView {
    let class = format!("chart-marker series-{}", number + 1);
    let d = match number % 6 {
        0 => format!("M{} {y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0),
        1 => format!("M{} {}h7v7h-7z", x - 3.5, y - 3.5),
        2 => format!("M{x} {}l4.5 8h-9z", y - 5.0),
        3 => format!("M{x} {}l4.5 5l-4.5 5l-4.5 -5z", y - 5.0),
        4 => format!("M{x} {}l4.5 -8h-9z", y + 5.0),
        _ => format!("M{} {}h9v4h-9z", x - 4.5, y - 2.0),
    };
    view! { <path class=class d=d></path> }.into_any()
}

/// The sign of a series in a legend: a piece of its line with its marker.
fn swatch(number: usize) -> AnyView {
    view! {
        <svg class="chart-swatch" viewBox="0 0 24 12" aria-hidden="true" focusable="false">
            <path class=format!("chart-line series-{}", number + 1) d="M0 6H24"></path>
            {marker(number, 12.0, 6.0)}
        </svg>
    }
    .into_any()
}

/// Keeps `width` at the width of an element.
fn follow_width(place: NodeRef<html::Div>, width: RwSignal<f64>) {
    use wasm_bindgen::{JsCast, closure::Closure};
    Effect::new(move |_| {
        let Some(element) = place.get() else { return };
        let measured = element.clone();
        let closure = Closure::<dyn Fn()>::new(move || {
            let now = f64::from(measured.client_width());
            if now > 0.0 && width.try_get_untracked().is_some_and(|before| (before - now).abs() > 0.5) {
                width.set(now);
            }
        });
        if let Ok(observer) = web_sys::ResizeObserver::new(closure.as_ref().unchecked_ref()) {
            observer.observe(&element);
            let kept = StoredValue::new_local(Some((observer, closure)));
            on_cleanup(move || {
                if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
                    observer.disconnect();
                }
            });
        }
    });
}
