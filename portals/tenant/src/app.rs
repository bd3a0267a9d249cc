//! The routes and the navigation.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Routes},
    path,
};
use portal_app::{Link, NotFound, Password, Portal, Section, guard};
use portal_client::pb;
use portal_ui::{Icon, PageHeading};

/// This portal.
pub const PORTAL: Portal = Portal {
    kind: pb::Portal::Tenant,
    name: "Tenant",
    base: "/tenant",
    password: "/tenant/password",
    service: "/tenantry.v1.TenantAdminService/",
    nav,
    pages,
    banner: || ().into_any(),
};

fn nav() -> Vec<Section> {
    vec![Section {
        title: None,
        links: vec![Link::new("Dashboard", "/tenant/", Icon::Home, "GetDashboard")],
    }]
}

fn pages() -> AnyView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=|| guard("GetDashboard", || view! { <PageHeading title="Dashboard" /> }) />
            <Route path=path!("/password") view=Password />
        </Routes>
    }
    .into_any()
}
