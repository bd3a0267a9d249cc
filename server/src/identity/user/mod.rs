//! Users and their roles.

pub mod entity;
pub mod invitation;
pub mod membership;
