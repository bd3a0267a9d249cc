//! The routes and the navigation.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Router, Routes},
    hooks::use_location,
    path,
};
use portal_ui::{Account, Brand, Icon, NavGroup, NavItem, PageHeading, Shell};

/// The whole portal.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router base="/tenant">
            <Frame />
        </Router>
    }
}

/// The shell with the page of the current route in it.
#[component]
fn Frame() -> impl IntoView {
    let item = |label, href, icon| NavItem { label, href, icon };
    let nav = vec![NavGroup {
        title: None,
        items: vec![
            item("Dashboard", "/tenant/", Icon::Home),
            item("Instance", "/tenant/instance", Icon::Server),
        ],
    }];
    let brand = Brand {
        name: "Tenantry".into(),
        portal: "Tenant".into(),
    };
    view! {
        <Shell
            brand=Signal::stored(brand)
            nav=nav
            current=use_location().pathname
            account=Signal::stored(Account::default())
            on_sign_out=|()| ()
        >
            <Routes fallback=|| view! { <PageHeading title="Page not found" /> }>
                <Route path=path!("/") view=|| view! { <PageHeading title="Dashboard" /> } />
            </Routes>
        </Shell>
    }
}
