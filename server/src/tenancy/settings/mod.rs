//! What a tenant can set, by category.

pub mod entity;
