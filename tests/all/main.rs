//! All tests that drive a server, one file for each resource; `matrix` holds what is generated from the contract.

mod audit;
mod billing;
mod cancel;
mod client;
mod deployment;
mod first_admin;
mod kill;
mod log;
mod matrix;
mod pages;
mod people;
mod plan;
mod policy;
mod promises;
mod reseller;
mod scope;
mod session;
mod tables;
mod tenant;
mod transport;
mod two_servers;
mod user;
mod walls;
mod whole_suite;
