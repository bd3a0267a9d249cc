//! The parts that page templates are made of: heading, card, form width.

use leptos::{html, prelude::*};

use crate::{dom, shell::Brand};

/// Whether the page is still the one that the app was started on: there the focus stays at the top, before the skip link.
#[derive(Clone, Copy)]
struct FirstPage(StoredValue<bool>);

/// Puts it into the context; [`crate::start`] does it.
pub(crate) fn provide_first_page() {
    provide_context(FirstPage(StoredValue::new(true)));
}

/// The heading of a page. It takes the focus when the page changes, which tells readers where they are, and sets the title of the
/// window, with the brand's name where a [`Brand`] signal is in context (a shell puts it there).
#[component]
pub fn PageHeading(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// A quiet word behind it, such as a count.
    #[prop(optional, into)]
    count: Signal<Option<String>>,
    /// One line under it.
    #[prop(optional, into)]
    subtitle: Signal<Option<String>>,
    /// Beside the heading, such as a state badge.
    #[prop(optional, into)]
    badge: ViewFn,
    /// Actions at the end of the row; the primary one last.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    let brand = use_context::<Signal<Brand>>();
    Effect::new(move |_| {
        if let Some(page) = dom::document() {
            let title = title.get();
            page.set_title(&match brand {
                Some(brand) => format!("{title} · {}", brand.get().name),
                None => title,
            });
        }
    });
    let first = use_context::<FirstPage>();
    Effect::new(move |_| {
        let Some(heading) = heading.get() else { return };
        // Only a page that is there counts: a router may make one and throw it away.
        let is_first = first.and_then(|first| first.0.try_update_value(|first| std::mem::replace(first, false)));
        if is_first != Some(true) {
            dom::after_layout(move || {
                // Where the page is scrolled to is not the heading's business: going back leads to where one was.
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                let _ = heading.focus_with_options(&options);
            });
        }
    });
    view! {
        <header class="page-head">
            <div class="page-head-text">
                <div class="page-title">
                    <h1 node_ref=heading tabindex="-1">{move || title.get()}</h1>
                    {move || count.get().map(|count| view! { <span class="page-count">{count}</span> })}
                    {badge.run()}
                </div>
                {move || subtitle.get().map(|text| view! { <p class="page-subtitle">{text}</p> })}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}

/// A surface with a heading and something at the end of its row.
#[component]
pub fn Card(
    /// The heading; without one there is no row.
    #[prop(optional, into)]
    title: Option<String>,
    /// At the end of the heading's row: a link or a button.
    #[prop(optional, into)]
    action: ViewFn,
    /// No space around the content, for a table or a list.
    #[prop(optional)]
    flush: bool,
    /// The content.
    children: Children,
) -> impl IntoView {
    let head = title.map(|title| {
        view! { <div class="card-head"><h2>{title}</h2><div class="card-action">{action.run()}</div></div> }
    });
    view! { <section class="card">{head}<div class=if flush { "card-flush" } else { "card-body" }>{children()}</div></section> }
}
