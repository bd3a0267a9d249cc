//! The pages.

pub mod audit;
mod credentials;
pub mod dashboard;
pub mod instance;
pub mod instances;
pub mod invoice;
pub mod invoices;
pub mod settings;
mod todo;
