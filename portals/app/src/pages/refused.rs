//! What stands in the place of a page that is not there, or not for this role.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use portal_client::Refused;
use portal_ui::{CopyId, EmptyState, Icon, PageHeading, dom};

use crate::{me::Me, refusal::refusal};

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
        false => view! { <Forbidden permission=me.refused(rpc).permission /> }.into_any(),
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
        false => view! { <Forbidden permission=me.refused(rpc).permission /> }.into_any(),
    }
}

/// The page is not for this role: what is missing, and who can change it.
#[component]
pub fn Forbidden(
    /// The permission that the role lacks.
    permission: String,
) -> impl IntoView {
    let me = Me::here();
    let refused = Refused {
        role: me.session().with_untracked(|session| session.role()),
        permission,
    };
    let links = [
        ("ListUsers", "/users", "See who is an admin"),
        ("GetRoles", "/roles", "See what each role may do"),
    ];
    let link = |(_, path, text): (&str, &str, &'static str)| view! { <a class="link" href=me.path(path)>{text}</a> };
    let links = links.into_iter().filter(|(rpc, _, _)| me.may(rpc)).map(link).collect_view();
    let back = dom::can_go_back().then(|| {
        let go = move |_| {
            let _ = window().history().and_then(|history| history.back());
        };
        view! {
            <button type="button" class="btn btn-plain" on:click=go>
                "Go back"
            </button>
        }
    });
    view! {
        <PageHeading title="Not allowed" />
        <div class="card">
            <EmptyState icon=Icon::Key title=refusal(&refused) text=me.who_gives_roles()>
                <p class="empty-links">{links}</p>
                <p class="empty-note">"Missing permission " <CopyId value=refused.permission label="permission" whole=true /></p>
                <div class="empty-actions">
                    {back}
                    <a class="btn btn-primary" href=me.path("/")>
                        "Go to the dashboard"
                    </a>
                </div>
            </EmptyState>
        </div>
    }
}
