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
    pages::{
        audit::Audit,
        dashboard::Dashboard,
        deployments::{DeploymentPage, Deployments},
        invoices::{InvoicePage, Invoices},
        operations::{OperationPage, Operations},
        plans::{EditPlan, NewPlan, PlanPage, Plans},
        resellers::{EditReseller, NewReseller, ResellerPage, Resellers},
        tenants::{EditTenant, Onboard, TenantPage, Tenants},
        users::Users,
    },
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
                Link::new("Audit log", "/master/audit", Icon::Audit, "ListAuditEntries"),
            ],
        },
    ]
}

fn pages() -> AnyView {
    Names::provide();
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=|| guard("GetDashboard", Dashboard) />
            <Route path=path!("/tenants") view=|| guard("ListTenants", Tenants) />
            <Route path=path!("/tenants/new") view=|| guard("OnboardTenant", Onboard) />
            <Route path=path!("/tenants/:id") view=|| guard_id("GetTenant", |id| view! { <TenantPage id=id /> }) />
            <Route path=path!("/tenants/:id/edit") view=|| guard_id("UpdateTenant", |id| view! { <EditTenant id=id /> }) />
            <Route path=path!("/deployments") view=|| guard("ListDeployments", Deployments) />
            <Route path=path!("/deployments/:id") view=|| guard_id("GetDeployment", |id| view! { <DeploymentPage id=id /> }) />
            <Route path=path!("/operations") view=|| guard("ListOperations", Operations) />
            <Route path=path!("/operations/:id") view=|| guard_id("GetOperation", |id| view! { <OperationPage id=id /> }) />
            <Route path=path!("/plans") view=|| guard("ListPlans", Plans) />
            <Route path=path!("/plans/new") view=|| guard("CreatePlan", NewPlan) />
            <Route path=path!("/plans/:id") view=|| guard_id("GetPlan", |id| view! { <PlanPage id=id /> }) />
            <Route path=path!("/plans/:id/edit") view=|| guard_id("UpdatePlan", |id| view! { <EditPlan id=id /> }) />
            <Route path=path!("/invoices") view=|| guard("ListInvoices", Invoices) />
            <Route path=path!("/invoices/:id") view=|| guard_id("GetInvoice", |id| view! { <InvoicePage id=id /> }) />
            <Route path=path!("/resellers") view=|| guard("ListResellers", Resellers) />
            <Route path=path!("/resellers/new") view=|| guard("CreateReseller", NewReseller) />
            <Route path=path!("/resellers/:id") view=|| guard_id("GetReseller", |id| view! { <ResellerPage id=id /> }) />
            <Route path=path!("/resellers/:id/edit") view=|| guard_id("UpdateReseller", |id| view! { <EditReseller id=id /> }) />
            <Route path=path!("/users") view=|| guard("ListUsers", Users) />
            <Route path=path!("/audit") view=|| guard("ListAuditEntries", Audit) />
            <Route path=path!("/password") view=Password />
        </Routes>
    }
    .into_any()
}
