//! The pages, and the chunks that they are loaded in.

mod audit;
mod credentials;
mod dashboard;
mod instance;
mod instances;
mod invoice;
mod invoices;
mod settings;
mod todo;

use leptos::prelude::*;
use portal_app::{Coming, PeoplePage, RolesPage, chunk};

/// All chunks.
pub const ALL: &[fn() -> Coming<()>] = &[DASHBOARD.fetch(), INSTANCES.fetch(), INVOICES.fetch(), ACCOUNT.fetch()];

chunk! {
    /// The dashboard.
    pub DASHBOARD = dashboard(_page: ()) view! { <dashboard::Dashboard /> }.into_any()
}

/// The pages about instances.
#[derive(Clone)]
pub enum Instances {
    All,
    One(String),
}

chunk! {
    /// Instances.
    pub INSTANCES = instances(page: Instances) match page {
        Instances::All => view! { <instances::Instances /> }.into_any(),
        Instances::One(id) => view! { <instance::InstancePage id=id /> }.into_any(),
    }
}

/// The pages about invoices.
#[derive(Clone)]
pub enum Invoices {
    All,
    One(String),
}

chunk! {
    /// Invoices.
    pub INVOICES = invoices(page: Invoices) match page {
        Invoices::All => view! { <invoices::Invoices /> }.into_any(),
        Invoices::One(id) => view! { <invoice::InvoicePage id=id /> }.into_any(),
    }
}

/// The pages about the account.
#[derive(Clone)]
pub enum Account {
    Settings,
    Users,
    Roles,
    Audit,
}

chunk! {
    /// Settings, users, roles and the audit log.
    pub ACCOUNT = account(page: Account) match page {
        Account::Settings => view! { <settings::Settings /> }.into_any(),
        Account::Users => view! { <PeoplePage /> }.into_any(),
        Account::Roles => view! { <RolesPage /> }.into_any(),
        Account::Audit => view! { <audit::Audit /> }.into_any(),
    }
}
