//! Subscriptions, invoices, payments and commissions, on servers whose business clock is moved.

mod books;
mod commission;
mod dashboard;
mod life;
mod payment;
mod renewal;
