//! People: users, their roles, and their sessions.

pub mod account;
pub mod first_admin;
pub mod guess;
pub mod password;
pub mod secret;
pub mod session;
pub mod user;
