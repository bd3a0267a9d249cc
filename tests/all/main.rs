//! All tests that drive a server, one file for each resource; `matrix` holds what is generated from the contract.

mod plan;
mod session;
