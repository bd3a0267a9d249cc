//! Parts of a whole, and amounts beside each other.

use leptos::prelude::*;

use crate::failure::Tone;

/// One part: its name, its size, what it is written as, where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The name.
    pub label: String,
    /// The size; only its proportion counts.
    pub value: f64,
    /// The size as text.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
    /// Where it leads, such as the list behind it.
    pub href: Option<String>,
}

/// A whole as one bar of its parts, with a legend that names each size.
#[component]
pub fn StackBar(
    /// What it shows, for readers.
    label: &'static str,
    /// The parts.
    #[prop(into)]
    parts: Signal<Vec<Part>>,
) -> impl IntoView {
    const GAP: f64 = 3.0;
    // Each part ends with a gap, the last one's outside of the drawing.
    const WIDTH: f64 = 1000.0 + GAP;
    let bar = move || {
        let parts = parts.get();
        let total: f64 = parts.iter().map(|part| part.value).sum();
        let mut at = 0.0;
        let part = |part: Part| {
            let width = if total > 0.0 { part.value / total * WIDTH } else { 0.0 };
            let x = at;
            at += width;
            view! { <rect class=format!("fill-{}", part.tone.name()) x=x y="0" width=(width - GAP).max(0.0) height="10"></rect> }
        };
        parts.into_iter().filter(|part| part.value > 0.0).map(part).collect_view()
    };
    let spoken = move || {
        let words = parts.with(|parts| parts.iter().map(|part| format!("{} {}", part.label, part.text)).collect::<Vec<_>>());
        format!("{label}: {}", words.join(", "))
    };
    let legend = move || {
        let entry = |part: Part| {
            let text = view! {
                <span class=format!("swatch swatch-{}", part.tone.name()) aria-hidden="true"></span>
                <span class="stack-label">{part.label}</span>
                <strong class="num">{part.text}</strong>
            };
            match part.href {
                Some(href) => view! { <li><a class="stack-entry" href=href>{text}</a></li> }.into_any(),
                None => view! { <li><span class="stack-entry">{text}</span></li> }.into_any(),
            }
        };
        parts.get().into_iter().map(entry).collect_view()
    };
    view! {
        <div class="stack-bar">
            <svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=spoken>
                {bar}
            </svg>
            <ul>{legend}</ul>
        </div>
    }
}

/// How much of a limit is used, as a bar with words.
#[component]
pub fn Meter(
    /// What is used: `Memory`.
    label: &'static str,
    /// The part of the limit, in thousandths.
    #[prop(into)]
    permille: Signal<u32>,
    /// What is used of what, in words: `212 MB of 512 MB`.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let class = move || match permille.get() {
        0..800 => "fill-primary",
        800..950 => "fill-warning",
        _ => "fill-error",
    };
    view! {
        <div class="meter">
            <p class="meter-text">
                <span>{label}</span>
                <span class="num">{move || text.get()}</span>
            </p>
            <svg
                viewBox="0 0 1000 10"
                preserveAspectRatio="none"
                role="meter"
                aria-label=label
                aria-valuemin="0"
                aria-valuemax="1000"
                aria-valuenow=move || permille.get().min(1000).to_string()
                aria-valuetext=move || text.get()
            >
                <rect class="fill-rest" x="0" y="0" width="1000" height="10"></rect>
                <rect class=class x="0" y="0" width=move || permille.get().min(1000).to_string() height="10"></rect>
            </svg>
        </div>
    }
}
