//! The Tenantry server program.

#[macro_use]
mod declare;
mod words;

pub mod billing;
pub mod clock;
pub mod deployments;
pub mod error;
pub mod id;
pub mod identity;
pub mod instance;
pub mod money;
pub mod partners;
pub mod shim;
pub mod store;
pub mod tables;
pub mod tenancy;
