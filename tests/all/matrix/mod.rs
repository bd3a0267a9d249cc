//! Tests that are generated from the contract: a new RPC fails here until it holds what every RPC holds.

mod contract;
mod credentials;
mod foreign;
mod malformed;
mod raw;
mod repeats;
mod request;
mod roles;
mod trail;
mod trail_steps;
mod visible;
mod world;

pub use world::{Owned, World};
