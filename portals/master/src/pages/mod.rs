//! The pages, and the chunks that they are loaded in.

mod audit;
mod dashboard;
mod deployments;
mod invoices;
mod operations;
mod plans;
mod resellers;
mod roles;
mod suspend;
mod tenants;
mod users;

use leptos::prelude::*;
use portal_app::{Coming, chunk};

/// All chunks.
pub const ALL: &[fn() -> Coming<()>] = &[
    DASHBOARD.fetch(),
    TENANTS.fetch(),
    DEPLOYMENTS.fetch(),
    BILLING.fetch(),
    CATALOGUE.fetch(),
    PEOPLE.fetch(),
];

chunk! {
    /// The dashboard.
    pub DASHBOARD = dashboard(_page: ()) view! { <dashboard::Dashboard /> }.into_any()
}

/// The pages about tenants.
#[derive(Clone)]
pub enum Tenants {
    All,
    New,
    One(String),
    Edit(String),
}

chunk! {
    /// Tenants, and the path to becoming one.
    pub TENANTS = tenants(page: Tenants) match page {
        Tenants::All => view! { <tenants::Tenants /> }.into_any(),
        Tenants::New => view! { <tenants::Onboard /> }.into_any(),
        Tenants::One(id) => view! { <tenants::TenantPage id=id /> }.into_any(),
        Tenants::Edit(id) => view! { <tenants::EditTenant id=id /> }.into_any(),
    }
}

/// The pages about instances.
#[derive(Clone)]
pub enum Deployments {
    All,
    One(String),
}

chunk! {
    /// Instances.
    pub DEPLOYMENTS = deployments(page: Deployments) match page {
        Deployments::All => view! { <deployments::Deployments /> }.into_any(),
        Deployments::One(id) => view! { <deployments::DeploymentPage id=id /> }.into_any(),
    }
}

/// The pages about invoices and operations.
#[derive(Clone)]
pub enum Billing {
    Invoices,
    Invoice(String),
    Operations,
    Operation(String),
}

chunk! {
    /// Invoices and operations.
    pub BILLING = billing(page: Billing) match page {
        Billing::Invoices => view! { <invoices::Invoices /> }.into_any(),
        Billing::Invoice(id) => view! { <invoices::InvoicePage id=id /> }.into_any(),
        Billing::Operations => view! { <operations::Operations /> }.into_any(),
        Billing::Operation(id) => view! { <operations::OperationPage id=id /> }.into_any(),
    }
}

/// The pages about plans and resellers.
#[derive(Clone)]
pub enum Catalogue {
    Plans,
    NewPlan,
    Plan(String),
    EditPlan(String),
    Resellers,
    NewReseller,
    Reseller(String),
    EditReseller(String),
}

chunk! {
    /// Plans and resellers.
    pub CATALOGUE = catalogue(page: Catalogue) match page {
        Catalogue::Plans => view! { <plans::Plans /> }.into_any(),
        Catalogue::NewPlan => view! { <plans::NewPlan /> }.into_any(),
        Catalogue::Plan(id) => view! { <plans::PlanPage id=id /> }.into_any(),
        Catalogue::EditPlan(id) => view! { <plans::EditPlan id=id /> }.into_any(),
        Catalogue::Resellers => view! { <resellers::Resellers /> }.into_any(),
        Catalogue::NewReseller => view! { <resellers::NewReseller /> }.into_any(),
        Catalogue::Reseller(id) => view! { <resellers::ResellerPage id=id /> }.into_any(),
        Catalogue::EditReseller(id) => view! { <resellers::EditReseller id=id /> }.into_any(),
    }
}

/// The pages about people.
#[derive(Clone)]
pub enum People {
    Users,
    Roles,
    Audit,
}

chunk! {
    /// Users, roles and the audit log.
    pub PEOPLE = people(page: People) match page {
        People::Users => view! { <users::Users /> }.into_any(),
        People::Roles => view! { <roles::Roles /> }.into_any(),
        People::Audit => view! { <audit::Audit /> }.into_any(),
    }
}
