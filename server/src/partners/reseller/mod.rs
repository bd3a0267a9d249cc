//! Resellers and their commission agreements.

pub mod agreement;
pub mod entity;
