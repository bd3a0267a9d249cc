//! Test harness and the tests that drive a whole server.

pub mod postgres;
