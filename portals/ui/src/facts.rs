//! Parts of a detail page: where one is, the key facts, tabs.

use leptos::prelude::*;

use crate::icon::{Icon, IconView};

/// Where one is: links to what is above, then the name of the page as plain text.
#[component]
pub fn Breadcrumb(
    /// Texts and addresses of what is above.
    links: Vec<(String, String)>,
    /// The name of this page.
    #[prop(into)]
    current: Signal<String>,
) -> impl IntoView {
    let links = links.into_iter().map(|(text, href)| {
        view! {
            <li>
                <a class="link" href=href>
                    {text}
                </a>
                <IconView icon=Icon::Right class="icon-sm" />
            </li>
        }
    });
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                {links.collect_view()}
                <li aria-current="page">{move || current.get()}</li>
            </ol>
        </nav>
    }
}

/// Key facts as a grid; the content is [`Fact`]s.
#[component]
pub fn Facts(
    /// The facts.
    children: Children,
) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// One fact: its name, and the content as its value.
#[component]
pub fn Fact(
    /// The name.
    #[prop(into)]
    label: String,
    /// The value.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{label}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

/// A tab: what the address calls it, and its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// What the address calls it.
    pub id: &'static str,
    /// The title.
    pub label: &'static str,
}

/// Tabs with their panel. Arrow keys move between them; the caller keeps the current one in the address.
#[component]
pub fn Tabs<P>(
    /// What the tabs are about, for readers.
    label: &'static str,
    /// The tabs.
    tabs: Vec<Tab>,
    /// The id of the current one; an unknown one means the first.
    #[prop(into)]
    current: Signal<String>,
    /// A tab was chosen.
    #[prop(into)]
    on_select: Callback<&'static str>,
    /// Makes the panel of a tab.
    panel: P,
) -> impl IntoView
where
    P: Fn(&'static str) -> AnyView + Send + 'static,
{
    let base = crate::dom::unique_id("tabs");
    let ids: Vec<&'static str> = tabs.iter().map(|tab| tab.id).collect();
    let first = ids.first().copied().unwrap_or_default();
    let known = ids.clone();
    let active = Memo::new(move |_| {
        let current = current.get();
        known.iter().copied().find(|id| *id == current).unwrap_or(first)
    });
    let on_keydown = {
        let base = base.clone();
        move |event: web_sys::KeyboardEvent| {
            let at = ids.iter().position(|id| *id == active.get_untracked()).unwrap_or(0);
            let to = match event.key().as_str() {
                "ArrowRight" => (at + 1) % ids.len(),
                "ArrowLeft" => (at + ids.len() - 1) % ids.len(),
                "Home" => 0,
                "End" => ids.len() - 1,
                _ => return,
            };
            event.prevent_default();
            // As a click, so that a form in the panel can ask first.
            crate::dom::press_id(&format!("{base}-{}", ids[to]));
        }
    };
    let buttons = tabs
        .into_iter()
        .map(|tab| {
            let is_active = move || active.get() == tab.id;
            view! {
                <button
                    type="button"
                    role="tab"
                    class="tab-button"
                    id=format!("{base}-{}", tab.id)
                    aria-selected=move || is_active().to_string()
                    aria-controls=format!("{base}-panel")
                    tabindex=move || if is_active() { "0" } else { "-1" }
                    on:click=move |_| on_select.run(tab.id)
                >
                    {tab.label}
                </button>
            }
        })
        .collect_view();
    let labelled_by = {
        let base = base.clone();
        move || format!("{base}-{}", active.get())
    };
    view! {
        <div class="tabs-list" role="tablist" aria-label=label on:keydown=on_keydown>
            {buttons}
        </div>
        <div class="tabs-panel" role="tabpanel" id=format!("{base}-panel") aria-labelledby=labelled_by tabindex="0">
            {move || panel(active.get())}
        </div>
    }
}
