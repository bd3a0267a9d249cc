//! The pages.

pub mod dashboard;
pub mod detail;
pub mod form;
pub mod list;
pub mod sign_in;
pub mod states;
