//! Nothing here yet.

use leptos::prelude::*;

use crate::icon::{Icon, IconView};

/// What this is, why it is empty and what to do first.
#[component]
pub fn EmptyState(
    /// The icon of what is missing.
    #[prop(default = Icon::Inbox)]
    icon: Icon,
    /// What is missing: `No tenants yet`.
    #[prop(into)]
    title: String,
    /// What it would be and why it is empty.
    #[prop(into)]
    text: String,
    /// The first step: a button or a link.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <IconView icon=icon />
            <p class="empty-title">{title}</p>
            <p class="empty-text">{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
