//! People: users, their roles, and their sessions.

pub mod session;
pub mod user;
