//! The pages.

pub mod audit;
pub mod dashboard;
pub mod deployments;
pub mod invoices;
pub mod operations;
pub mod plans;
pub mod resellers;
pub mod tenants;
pub mod users;
