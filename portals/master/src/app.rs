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
    names::Names,
    pages::{self, BILLING, Billing, CATALOGUE, Catalogue, DASHBOARD, DEPLOYMENTS, Deployments, PEOPLE, People, TENANTS, Tenants},
};

/// This portal.
pub const PORTAL: Portal = Portal {
    kind: pb::Portal::Master,
    name: "Master",
    base: "/master",
    password: "/master/password",
    service: "/tenantry.v1.MasterAdminService/",
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
                Link::new("Dashboard", "/master/", Icon::Home, "GetDashboard"),
                Link::new("Tenants", "/master/tenants", Icon::Building, "ListTenants"),
                Link::new("Instances", "/master/deployments", Icon::Server, "ListDeployments"),
                Link::new("Operations", "/master/operations", Icon::Clock, "ListOperations"),
            ],
        },
        Section {
            title: Some("Business"),
            links: vec![
                Link::new("Plans", "/master/plans", Icon::Tag, "ListPlans"),
                Link::new("Invoices", "/master/invoices", Icon::Document, "ListInvoices"),
                Link::new("Resellers", "/master/resellers", Icon::Partner, "ListResellers"),
            ],
        },
        Section {
            title: Some("Administration"),
            links: vec![
                Link::new("Users", "/master/users", Icon::Users, "ListUsers"),
                Link::new("Roles", "/master/roles", Icon::Key, "GetRoles"),
                Link::new("Audit log", "/master/audit", Icon::Audit, "ListAuditEntries"),
            ],
        },
    ]
}

fn pages() -> AnyView {
    Names::provide();
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=|| guard("GetDashboard", || DASHBOARD.page(())) />
            <Route path=path!("/tenants") view=|| guard("ListTenants", || TENANTS.page(Tenants::All)) />
            <Route path=path!("/tenants/new") view=|| guard("OnboardTenant", || TENANTS.page(Tenants::New)) />
            <Route path=path!("/tenants/:id") view=|| guard_id("GetTenant", |id| TENANTS.page(Tenants::One(id))) />
            <Route path=path!("/tenants/:id/edit") view=|| guard_id("UpdateTenant", |id| TENANTS.page(Tenants::Edit(id))) />
            <Route path=path!("/deployments") view=|| guard("ListDeployments", || DEPLOYMENTS.page(Deployments::All)) />
            <Route path=path!("/deployments/:id") view=|| guard_id("GetDeployment", |id| DEPLOYMENTS.page(Deployments::One(id))) />
            <Route path=path!("/operations") view=|| guard("ListOperations", || BILLING.page(Billing::Operations)) />
            <Route path=path!("/operations/:id") view=|| guard_id("GetOperation", |id| BILLING.page(Billing::Operation(id))) />
            <Route path=path!("/plans") view=|| guard("ListPlans", || CATALOGUE.page(Catalogue::Plans)) />
            <Route path=path!("/plans/new") view=|| guard("CreatePlan", || CATALOGUE.page(Catalogue::NewPlan)) />
            <Route path=path!("/plans/:id") view=|| guard_id("GetPlan", |id| CATALOGUE.page(Catalogue::Plan(id))) />
            <Route path=path!("/plans/:id/edit") view=|| guard_id("UpdatePlan", |id| CATALOGUE.page(Catalogue::EditPlan(id))) />
            <Route path=path!("/invoices") view=|| guard("ListInvoices", || BILLING.page(Billing::Invoices)) />
            <Route path=path!("/invoices/:id") view=|| guard_id("GetInvoice", |id| BILLING.page(Billing::Invoice(id))) />
            <Route path=path!("/resellers") view=|| guard("ListResellers", || CATALOGUE.page(Catalogue::Resellers)) />
            <Route path=path!("/resellers/new") view=|| guard("CreateReseller", || CATALOGUE.page(Catalogue::NewReseller)) />
            <Route path=path!("/resellers/:id") view=|| guard_id("GetReseller", |id| CATALOGUE.page(Catalogue::Reseller(id))) />
            <Route path=path!("/resellers/:id/edit") view=|| guard_id("UpdateReseller", |id| CATALOGUE.page(Catalogue::EditReseller(id))) />
            <Route path=path!("/users") view=|| guard("ListUsers", || PEOPLE.page(People::Users)) />
            <Route path=path!("/roles") view=|| guard("GetRoles", || PEOPLE.page(People::Roles)) />
            <Route path=path!("/audit") view=|| guard("ListAuditEntries", || PEOPLE.page(People::Audit)) />
            <Route path=path!("/password") view=Password />
        </Routes>
    }
    .into_any()
}
