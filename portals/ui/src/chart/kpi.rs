//! A number that somebody watches.

use leptos::prelude::*;

use crate::{
    icon::{Icon, IconView},
    load::Load,
    remote::Remote,
};

/// The change against the period before: in words, with an arrow, and whether it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The change in words: `12 more than last month`.
    pub text: String,
    /// Upwards, downwards, or no change.
    pub direction: std::cmp::Ordering,
    /// Whether the direction is good news; none when it is neither.
    pub good: Option<bool>,
}

/// What a tile shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kpi {
    /// The number as text.
    pub value: String,
    /// The change, where there is something to compare with.
    pub delta: Option<Delta>,
}

/// A tile: label, number, change, and the list behind the number as its link.
#[component]
pub fn KpiTile(
    /// What is counted.
    label: &'static str,
    /// The number.
    data: Remote<Kpi>,
    /// The filtered list behind it.
    #[prop(into)]
    href: String,
) -> impl IntoView {
    let skeleton = ViewFn::from(|| view! { <div class="kpi-skeleton" role="status"><span class="sr-only">"Loading"</span></div> });
    view! {
        <Tile label=label href=href>
            <Load data=data what=label skeleton=skeleton let:kpi>
                <p class="kpi-value">{move || kpi.get().value}</p>
                {move || kpi.get().delta.map(delta)}
            </Load>
        </Tile>
    }
}

/// A tile with content of its own: a `<p class="kpi-value">`, and below it a `<p class="kpi-note">`.
#[component]
pub fn Tile(
    /// What it tells.
    label: &'static str,
    /// Where to read more.
    #[prop(into)]
    href: String,
    /// The content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card kpi">
            <h2 class="kpi-label">
                <a href=href>{label}</a>
            </h2>
            {children()}
        </section>
    }
}

/// A change as a line of a tile.
pub fn delta(delta: Delta) -> impl IntoView {
    let icon = match delta.direction {
        std::cmp::Ordering::Greater => Icon::SortUp,
        std::cmp::Ordering::Less => Icon::SortDown,
        std::cmp::Ordering::Equal => Icon::Minus,
    };
    let class = match delta.good {
        Some(true) => "kpi-delta text-success-ink",
        Some(false) => "kpi-delta text-error-ink",
        None => "kpi-delta text-muted",
    };
    view! {
        <p class=class>
            <IconView icon=icon class="icon-sm" />
            {delta.text}
        </p>
    }
}
