//! Tests that are generated from the contract: a new RPC fails here until it holds what every RPC holds.

mod canary;
pub mod contract;
mod credentials;
mod faulty;
pub mod foreign;
mod hidden;
pub mod malformed;
pub mod raw;
pub mod request;
mod roles;
mod secrets;
pub mod trail;
mod trail_steps;
mod two_worlds;
mod visible;
pub mod world;

pub use world::{Owned, World};
