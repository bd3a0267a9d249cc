//! Instances of the tenant's software.
//!
//! A row says what a deployment shall be, and [`reconcile`] makes it so: it claims what is due and [`visit`]s it, which is to observe, to [`diff`] and to do one
//! thing through a [backend](backends), again and again. [`judge`] says what observations mean.

pub mod backends;
pub mod deployment;
mod diff;
mod environment;
mod judge;
pub mod measure;
pub mod port_lease;
pub mod reconcile;
pub mod sample;
mod visit;
