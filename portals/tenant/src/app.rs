//! The routes and the navigation.

use leptos::prelude::*;
use leptos_router::{
    components::{Route, Routes},
    path,
};
use portal_app::{Link, NotFound, Password, Portal, Section, guard, guard_id};
use portal_client::pb;
use portal_ui::Icon;

use crate::{
    banner::Banner,
    pages::{self, ACCOUNT, Account, DASHBOARD, INSTANCES, INVOICES, Instances, Invoices},
};

/// This portal.
pub const PORTAL: Portal = Portal {
    kind: pb::Portal::Tenant,
    name: "Tenant",
    base: "/tenant",
    password: "/tenant/password",
    service: "/tenantry.v1.TenantAdminService/",
    nav,
    pages,
    chunks: pages::ALL,
    banner: || view! { <Banner /> }.into_any(),
};

fn nav() -> Vec<Section> {
    vec![
        Section {
            title: None,
            links: vec![
                Link::new("Dashboard", "/tenant/", Icon::Home, "GetDashboard"),
                Link::new("Instance", "/tenant/instance", Icon::Server, "ListDeployments"),
                Link::new("Invoices", "/tenant/invoices", Icon::Document, "ListInvoices"),
            ],
        },
        Section {
            title: Some("Account"),
            links: vec![
                Link::new("Settings", "/tenant/settings", Icon::Settings, "GetTenantSettings"),
                Link::new("Users", "/tenant/users", Icon::Users, "ListUsers"),
                Link::new("Roles", "/tenant/roles", Icon::Key, "GetRoles"),
                Link::new("Audit log", "/tenant/audit", Icon::Audit, "ListAuditEntries"),
            ],
        },
    ]
}

fn pages() -> AnyView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=|| guard("GetDashboard", || DASHBOARD.page(())) />
            <Route path=path!("/instance") view=|| guard("ListDeployments", || INSTANCES.page(Instances::All)) />
            <Route path=path!("/instance/:id") view=|| guard_id("GetDeployment", |id| INSTANCES.page(Instances::One(id))) />
            <Route path=path!("/invoices") view=|| guard("ListInvoices", || INVOICES.page(Invoices::All)) />
            <Route path=path!("/invoices/:id") view=|| guard_id("GetInvoice", |id| INVOICES.page(Invoices::One(id))) />
            <Route path=path!("/settings") view=|| guard("GetTenantSettings", || ACCOUNT.page(Account::Settings)) />
            <Route path=path!("/users") view=|| guard("ListUsers", || ACCOUNT.page(Account::Users)) />
            <Route path=path!("/roles") view=|| guard("GetRoles", || ACCOUNT.page(Account::Roles)) />
            <Route path=path!("/audit") view=|| guard("ListAuditEntries", || ACCOUNT.page(Account::Audit)) />
            <Route path=path!("/password") view=Password />
        </Routes>
    }
    .into_any()
}
