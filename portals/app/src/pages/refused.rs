//! What stands in the place of a page that is not there, or not for this role.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal_ui::{EmptyState, Icon, PageHeading};

use crate::me::Me;

/// There is nothing at this address.
#[component]
pub fn NotFound() -> impl IntoView {
    let home = Me::here().path("/");
    view! {
        <PageHeading title="Page not found" />
        <div class="card">
            <EmptyState
                icon=Icon::Search
                title="There is nothing at this address"
                text="It may have been removed, the link may have been cut off, or it belongs to somebody else."
            >
                <a class="btn btn-primary" href=home>
                    "Go to the dashboard"
                </a>
            </EmptyState>
        </div>
    }
}

/// The page for those whose role may call `rpc`, which it begins with; for the others a page that names what is missing.
pub fn guard<V: IntoView + 'static>(rpc: &'static str, page: fn() -> V) -> impl IntoView {
    let me = Me::here();
    let allowed = Memo::new(move |_| me.may(rpc));
    move || match allowed.get() {
        true => page().into_any(),
        false => view! { <Forbidden rpc=rpc /> }.into_any(),
    }
}

/// [`guard`] for a page about the thing whose id is in the address. The page is made anew when the address names another one.
pub fn guard_id<V: IntoView + 'static>(rpc: &'static str, page: fn(String) -> V) -> impl IntoView {
    let me = Me::here();
    let allowed = Memo::new(move |_| me.may(rpc));
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    move || match allowed.get() {
        true => page(id.get()).into_any(),
        false => view! { <Forbidden rpc=rpc /> }.into_any(),
    }
}

#[component]
fn Forbidden(rpc: &'static str) -> impl IntoView {
    let me = Me::here();
    let home = me.path("/");
    view! {
        <PageHeading title="Not allowed" />
        <div class="card">
            <EmptyState
                icon=Icon::Key
                title="Your role does not allow this"
                text="An admin of your account can give you a role that has this permission."
            >
                <p class="text-muted">"Missing permission " <code>{format!("{}{rpc}", me.portal().service)}</code></p>
                <a class="btn btn-primary" href=home>
                    "Go to the dashboard"
                </a>
            </EmptyState>
        </div>
    }
}
