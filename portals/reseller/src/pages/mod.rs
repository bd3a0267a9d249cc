//! The pages, and the chunks that they are loaded in.

mod audit;
mod commission;
mod commissions;
mod customer;
mod customers;
mod dashboard;

use leptos::prelude::*;
use portal_app::{Coming, PeoplePage, RolesPage, chunk};

/// All chunks.
pub const ALL: &[fn() -> Coming<()>] = &[DASHBOARD.fetch(), CUSTOMERS.fetch(), COMMISSIONS.fetch(), ACCOUNT.fetch()];

chunk! {
    /// The dashboard.
    pub DASHBOARD = dashboard(_page: ()) view! { <dashboard::Dashboard /> }.into_any()
}

/// The pages about customers.
#[derive(Clone)]
pub enum Customers {
    All,
    One(String),
}

chunk! {
    /// Customers.
    pub CUSTOMERS = customers(page: Customers) match page {
        Customers::All => view! { <customers::Customers /> }.into_any(),
        Customers::One(id) => view! { <customer::CustomerPage id=id /> }.into_any(),
    }
}

/// The pages about commissions.
#[derive(Clone)]
pub enum Commissions {
    All,
    One(String),
}

chunk! {
    /// Commissions.
    pub COMMISSIONS = commissions(page: Commissions) match page {
        Commissions::All => view! { <commissions::Commissions /> }.into_any(),
        Commissions::One(id) => view! { <commission::CommissionPage id=id /> }.into_any(),
    }
}

/// The pages about the account.
#[derive(Clone)]
pub enum Account {
    Users,
    Roles,
    Audit,
}

chunk! {
    /// The account.
    pub ACCOUNT = account(page: Account) match page {
        Account::Users => view! { <PeoplePage /> }.into_any(),
        Account::Roles => view! { <RolesPage /> }.into_any(),
        Account::Audit => view! { <audit::Audit /> }.into_any(),
    }
}
