//! Instances of the tenant's software.

pub mod deployment;
pub mod port_lease;
pub mod sample;
