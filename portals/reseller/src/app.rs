//! The routes and the navigation.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Routes},
    path,
};
use portal_app::{Link, NotFound, Password, PeoplePage, Portal, Section, guard, guard_id};
use portal_client::pb;
use portal_ui::Icon;

use crate::pages::{
    commission::CommissionPage, commissions::Commissions, customer::CustomerPage, customers::Customers, dashboard::Dashboard,
};

/// This portal.
pub const PORTAL: Portal = Portal {
    kind: pb::Portal::Reseller,
    name: "Reseller",
    base: "/reseller",
    password: "/reseller/password",
    service: "/tenantry.v1.ResellerService/",
    nav,
    pages,
    banner: || ().into_any(),
};

fn nav() -> Vec<Section> {
    vec![
        Section {
            title: None,
            links: vec![
                Link::new("Dashboard", "/reseller/", Icon::Home, "GetDashboard"),
                Link::new("Customers", "/reseller/customers", Icon::Building, "ListTenants"),
                Link::new("Commissions", "/reseller/commissions", Icon::Percent, "ListCommissions"),
            ],
        },
        Section {
            title: Some("Account"),
            links: vec![Link::new("Users", "/reseller/users", Icon::Users, "ListUsers")],
        },
    ]
}

fn pages() -> AnyView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=|| guard("GetDashboard", Dashboard) />
            <Route path=path!("/customers") view=|| guard("ListTenants", Customers) />
            <Route path=path!("/customers/:id") view=|| guard_id("GetTenant", |id| view! { <CustomerPage id=id /> }) />
            <Route path=path!("/commissions") view=|| guard("ListCommissions", Commissions) />
            <Route path=path!("/commissions/:id") view=|| guard_id("GetCommission", |id| view! { <CommissionPage id=id /> }) />
            <Route path=path!("/users") view=|| guard("ListUsers", PeoplePage) />
            <Route path=path!("/password") view=Password />
        </Routes>
    }
    .into_any()
}
