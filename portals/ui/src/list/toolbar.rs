//! The row above a table: search box and filter chips.

use leptos::{html, prelude::*};

use super::state::ListState;
use crate::{
    dom,
    icon::{Icon, IconView},
    popover::use_popover,
};

/// A filter of a list. Its name stands in the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    name: &'static str,
    label: &'static str,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Choice(Vec<(String, String)>),
    Days,
}

impl Filter {
    /// Any of several values, each with its text.
    pub fn choice<V: Into<String>, L: Into<String>>(
        name: &'static str,
        label: &'static str,
        options: impl IntoIterator<Item = (V, L)>,
    ) -> Self {
        let options = options.into_iter().map(|(value, label)| (value.into(), label.into())).collect();
        Self {
            name,
            label,
            kind: Kind::Choice(options),
        }
    }

    /// From a day to a day, either may be open; [`day_range`] reads the chosen values.
    pub fn days(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            kind: Kind::Days,
        }
    }

    /// The chosen values in words.
    fn words(&self, values: &[String]) -> String {
        match &self.kind {
            Kind::Choice(options) => {
                let label = |value: &String| {
                    options
                        .iter()
                        .find(|(found, _)| found == value)
                        .map_or(value.clone(), |(_, label)| label.clone())
                };
                values.iter().map(label).collect::<Vec<_>>().join(", ")
            }
            Kind::Days => match day_range(values) {
                (Some(from), Some(to)) => {
                    format!("{} to {}", crate::date_text(&from), crate::date_text(&to))
                }
                (Some(from), None) => format!("from {}", crate::date_text(&from)),
                (None, Some(to)) => format!("to {}", crate::date_text(&to)),
                (None, None) => String::new(),
            },
        }
    }
}

/// The first and the last day of a [`Filter::days`], from the values of [`ListState::filter`].
pub fn day_range(values: &[String]) -> (Option<String>, Option<String>) {
    let find = |start: &str| values.iter().find_map(|value| value.strip_prefix(start)).map(str::to_owned);
    (find("from:"), find("to:"))
}

/// Search box, filter chips, `Clear all`.
#[component]
pub fn ListToolbar(
    /// What the list shows.
    list: ListState,
    /// The label and the hint of the search box, such as `Search tenants`; without one there is no box.
    #[prop(optional, into)]
    search: Option<String>,
    /// The filters.
    #[prop(optional)]
    filters: Vec<Filter>,
    /// What stands at the end of the row.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let names: Vec<&'static str> = filters.iter().map(|filter| filter.name).collect();
    let narrowed = {
        let names = names.clone();
        Memo::new(move |_| names.iter().any(|name| !list.filter(name).is_empty()))
    };
    let chips = filters
        .into_iter()
        .map(|filter| view! { <FilterChip list=list filter=filter /> })
        .collect_view();
    view! {
        <div class="toolbar">
            {search.map(|label| view! { <SearchBox list=list label=label /> })}
            {chips}
            <Show when=move || narrowed.get()>
                {
                    let names = names.clone();
                    view! {
                        <button type="button" class="btn btn-ghost btn-sm" on:click=move |_| list.clear(&names)>
                            "Clear all"
                        </button>
                    }
                }
            </Show>
            {children.map(|children| view! { <div class="toolbar-end">{children()}</div> })}
        </div>
    }
}

/// Searches a quarter of a second after the last key.
#[component]
fn SearchBox(list: ListState, label: String) -> impl IntoView {
    let typed = RwSignal::new(untrack(|| list.search()));
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop_waiting = move || {
        if let Some(timer) = waiting.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    // The address may change without the box: by going back, or by clearing.
    Effect::new(move |_| {
        let now = list.search();
        if typed.with_untracked(|typed| typed.trim() != now) {
            typed.set(now);
        }
    });
    let search = move |wait: bool| {
        stop_waiting();
        let run = move || list.set_search(&typed.get_untracked());
        match wait {
            true => {
                let timer = set_timeout_with_handle(run, std::time::Duration::from_millis(250));
                waiting.set_value(timer.ok());
            }
            false => run(),
        }
    };
    on_cleanup(stop_waiting);
    let id = dom::unique_id("search");
    view! {
        <div class="search-box" role="search">
            <label class="sr-only" for=id.clone()>
                {label.clone()}
            </label>
            <IconView icon=Icon::Search />
            <input
                id=id
                type="search"
                class="input"
                placeholder=label
                autocomplete="off"
                spellcheck="false"
                prop:value=move || typed.get()
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    search(true);
                }
                on:keydown=move |event| {
                    if event.key() == "Enter" {
                        search(false);
                    }
                }
            />
        </div>
    }
}

/// One filter: its name, or its name with what is chosen and a button that takes it away.
#[component]
fn FilterChip(list: ListState, filter: Filter) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let popover = use_popover(root);
    let (name, label) = (filter.name, filter.label);
    let chosen = Memo::new(move |_| list.filter(name));
    let active = Memo::new(move |_| !chosen.get().is_empty());
    let words = {
        let filter = filter.clone();
        move || filter.words(&chosen.get())
    };
    let editor = match filter.kind {
        Kind::Choice(options) => choice_editor(list, name, chosen, options).into_any(),
        Kind::Days => days_editor(list, name, chosen).into_any(),
    };
    view! {
        <div
            class="popover-root chip"
            class:chip-active=move || active.get()
            node_ref=root
            on:keydown=move |event| popover.on_keydown(&event)
            on:focusout=move |event| popover.on_focus_out(&event)
        >
            <button
                type="button"
                class="chip-main"
                aria-expanded=move || popover.is_open().to_string()
                on:click=move |_| popover.toggle()
            >
                <Show when=move || !active.get()>
                    <IconView icon=Icon::Plus class="icon-sm" />
                </Show>
                {label}
                {move || active.get().then(|| view! { <span class="chip-value">{words()}</span> })}
            </button>
            <Show when=move || active.get()>
                <button
                    type="button"
                    class="chip-remove"
                    aria-label=format!("Remove filter {label}")
                    on:click=move |_| {
                        popover.close();
                        list.set_filter(name, &[]);
                    }
                >
                    <IconView icon=Icon::Close class="icon-sm" />
                </button>
            </Show>
            <div class="popover chip-panel" role="group" tabindex="-1" aria-label=label hidden=move || !popover.is_open()>
                {editor}
            </div>
        </div>
    }
}

/// One checkbox for each value.
fn choice_editor(list: ListState, name: &'static str, chosen: Memo<Vec<String>>, options: Vec<(String, String)>) -> impl IntoView {
    let order: Vec<String> = options.iter().map(|(value, _)| value.clone()).collect();
    let boxes = options.into_iter().map(|(value, label)| {
        let (order, checked) = (order.clone(), value.clone());
        let toggle = move |_| {
            let mut values = chosen.get_untracked();
            match values.iter().position(|found| *found == value) {
                Some(at) => {
                    values.remove(at);
                }
                None => values.push(value.clone()),
            }
            // The address is the same whatever the order of the clicks.
            values.sort_by_key(|value| order.iter().position(|known| known == value));
            list.set_filter(name, &values);
        };
        view! {
            <label class="menu-item">
                <input
                    type="checkbox"
                    class="checkbox"
                    prop:checked=move || chosen.with(|values| values.contains(&checked))
                    on:change=toggle
                />
                {label}
            </label>
        }
    });
    boxes.collect_view()
}

/// Two days.
fn days_editor(list: ListState, name: &'static str, chosen: Memo<Vec<String>>) -> impl IntoView {
    let day = move |label: &'static str, start: &'static str| {
        let value = move || {
            chosen.with(|values| {
                values
                    .iter()
                    .find_map(|value| value.strip_prefix(start))
                    .unwrap_or_default()
                    .to_owned()
            })
        };
        let change = move |event: web_sys::Event| {
            let day = event_target_value(&event);
            let mut values: Vec<String> = chosen
                .get_untracked()
                .into_iter()
                .filter(|value| !value.starts_with(start))
                .collect();
            if !day.is_empty() {
                values.push(format!("{start}{day}"));
            }
            values.sort();
            list.set_filter(name, &values);
        };
        view! {
            <label class="chip-day">
                {label} <input type="date" class="input" prop:value=value on:change=change />
            </label>
        }
    };
    view! { <div class="chip-days">{day("From", "from:")}{day("To", "to:")}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_values_are_shown_in_words() {
        let states = Filter::choice("state", "State", [("active", "Active"), ("past_due", "Past due")]);
        assert_eq!(states.words(&["past_due".into(), "new".into()]), "Past due, new");
        let days = Filter::days("created", "Created");
        assert_eq!(days.words(&["from:2026-11-01".into()]), "from 2026-11-01");
        assert_eq!(
            day_range(&["from:2026-11-01".into(), "to:2026-11-20".into()]).1.as_deref(),
            Some("2026-11-20")
        );
    }
}
