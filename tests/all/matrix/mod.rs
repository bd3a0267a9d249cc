//! Tests that are generated from the contract: a new RPC fails here until it holds what every RPC holds.

pub mod contract;
mod credentials;
pub mod foreign;
pub mod malformed;
pub mod raw;
pub mod request;
mod roles;
mod trail;
mod trail_steps;
mod visible;
pub mod world;

pub use world::{Owned, World};
