//! In which time zone times are shown: the browser's, or another one that is kept in this browser.

use leptos::prelude::*;

use crate::{
    dom,
    time::{Zone, own_zone, time_zones},
};

const KEPT: &str = "time-zone";

/// The choice, which [`Zone`] makes known to all times.
#[derive(Clone, Copy)]
struct Choice(RwSignal<Option<String>>);

/// Puts the kept choice into the context; [`crate::start`] does it.
pub(crate) fn provide_zone() {
    // A name that the browser does not know would make every time fail.
    let kept = dom::stored(KEPT).filter(|kept| time_zones("").contains(kept));
    let choice = RwSignal::new(kept);
    provide_context(Choice(choice));
    provide_context(Zone(choice.into()));
}

/// The choice of a zone. The account menu of [`crate::Shell`] has one.
#[component]
pub(crate) fn ZoneSwitch() -> impl IntoView {
    let choice = use_context::<Choice>().map_or_else(|| RwSignal::new(None), |choice| choice.0);
    let chosen = move || choice.get().unwrap_or_default();
    let zones = untrack(|| time_zones(&chosen()));
    let pick = move |event: web_sys::Event| {
        let zone = Some(event_target_value(&event)).filter(|zone| !zone.is_empty());
        dom::store(KEPT, zone.as_deref());
        choice.set(zone);
    };
    let options = zones.into_iter().map(|zone| {
        let (value, label) = (zone.clone(), zone.replace('_', " "));
        view! {
            <option value=value prop:selected=move || chosen() == zone>
                {label}
            </option>
        }
    });
    view! {
        <label class="zone-choice">
            "Times in"
            <select class="select" on:change=pick>
                <option value="" prop:selected=move || chosen().is_empty()>
                    {format!("Browser\u{2019}s zone ({})", own_zone().replace('_', " "))}
                </option>
                {options.collect_view()}
            </select>
        </label>
    }
}
