//! The pages.

pub mod commission;
pub mod commissions;
pub mod customer;
pub mod customers;
pub mod dashboard;
