//! The routes and the navigation.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Routes},
    path,
};
use portal_app::{Link, NotFound, Password, Portal, Section, guard, guard_id};
use portal_client::pb;
use portal_ui::Icon;

use crate::pages::{self, ACCOUNT, Account, COMMISSIONS, CUSTOMERS, Commissions, Customers, DASHBOARD};

/// This portal.
pub const PORTAL: Portal = Portal {
    kind: pb::Portal::Reseller,
    name: "Reseller",
    base: "/reseller",
    password: "/reseller/password",
    service: "/tenantry.v1.ResellerService/",
    nav,
    pages,
    chunks: pages::ALL,
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
            links: vec![
                Link::new("Users", "/reseller/users", Icon::Users, "ListUsers"),
                Link::new("Roles", "/reseller/roles", Icon::Key, "GetRoles"),
                Link::new("Audit log", "/reseller/audit", Icon::Audit, "ListAuditEntries"),
            ],
        },
    ]
}

fn pages() -> AnyView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=|| guard("GetDashboard", || DASHBOARD.page(())) />
            <Route path=path!("/customers") view=|| guard("ListTenants", || CUSTOMERS.page(Customers::All)) />
            <Route path=path!("/customers/:id") view=|| guard_id("GetTenant", |id| CUSTOMERS.page(Customers::One(id))) />
            <Route path=path!("/commissions") view=|| guard("ListCommissions", || COMMISSIONS.page(Commissions::All)) />
            <Route path=path!("/commissions/:id") view=|| guard_id("GetCommission", |id| COMMISSIONS.page(Commissions::One(id))) />
            <Route path=path!("/users") view=|| guard("ListUsers", || ACCOUNT.page(Account::Users)) />
            <Route path=path!("/roles") view=|| guard("GetRoles", || ACCOUNT.page(Account::Roles)) />
            <Route path=path!("/audit") view=|| guard("ListAuditEntries", || ACCOUNT.page(Account::Audit)) />
            <Route path=path!("/password") view=Password />
        </Routes>
    }
    .into_any()
}
