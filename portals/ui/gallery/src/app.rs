//! The frame and the routes.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    hooks::use_location,
    path,
};
use portal_ui::{Account, AccountLink, Brand, EmptyState, Icon, NavGroup, NavItem, PageHeading, Shell, ToastRegion, Toasts};

use crate::pages::{dashboard::Dashboard, detail::Detail, form::FormPage, list::List, sign_in::SignIn, states::States};

/// The gallery.
#[component]
pub fn App() -> impl IntoView {
    let toasts = Toasts::provide();
    view! {
        <Router base="/gallery">
            <Pages />
        </Router>
        <ToastRegion toasts=toasts />
    }
}

/// The sign-in page stands alone; every other page is in the shell.
#[component]
fn Pages() -> impl IntoView {
    let path = use_location().pathname;
    let alone = Memo::new(move |_| path.get().ends_with("/sign-in"));
    move || {
        if alone.get() {
            view! { <SignIn /> }.into_any()
        } else {
            view! { <Frame /> }.into_any()
        }
    }
}

#[component]
fn Frame() -> impl IntoView {
    let item = |label, href, icon| NavItem { label, href, icon };
    let nav = vec![
        NavGroup {
            title: None,
            items: vec![
                item("Dashboard", "/gallery/", Icon::Home),
                item("Tenants", "/gallery/tenants", Icon::Building),
                item("New tenant", "/gallery/form", Icon::Edit),
            ],
        },
        NavGroup {
            title: Some("Components"),
            items: vec![
                item("States", "/gallery/states", Icon::Inbox),
                item("Sign-in", "/gallery/sign-in", Icon::Key),
            ],
        },
    ];
    let account = Account {
        name: "Ada Lindqvist".into(),
        email: "ada@vendor.example".into(),
        role: "Platform admin".into(),
    };
    let links = vec![AccountLink {
        label: "Change password",
        href: "/gallery/form",
        icon: Icon::Key,
    }];
    let toasts = Toasts::here();
    view! {
        <Shell
            brand=Signal::stored(Brand { name: "Tenantry".into(), portal: "Gallery".into() })
            nav=nav
            current=use_location().pathname
            account=Signal::stored(account)
            account_links=links
            on_sign_out=move |()| toasts.done("Signed out")
        >
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Dashboard />
                <Route path=path!("/tenants") view=List />
                <Route path=path!("/tenants/:id") view=Detail />
                <Route path=path!("/form") view=FormPage />
                <Route path=path!("/states") view=States />
            </Routes>
        </Shell>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <PageHeading title="Page not found" />
        <EmptyState icon=Icon::Search title="There is nothing at this address" text="It may have moved, or the link was cut off.">
            <a class="btn btn-primary" href="/gallery/">
                "Go to the dashboard"
            </a>
        </EmptyState>
    }
}
