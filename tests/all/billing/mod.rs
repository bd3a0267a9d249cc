//! Subscriptions, invoices, payments and commissions, on servers whose business clock is moved.

mod books;
mod commission;
mod dashboard;
mod life;
mod lists;
mod payment;
mod plan;
mod renewal;
