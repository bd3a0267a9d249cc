//! Subscriptions: what a tenant is billed for.

pub mod entity;
