//! The instance as a real process, seen through its port.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browser;
mod operator;
mod visitor;
