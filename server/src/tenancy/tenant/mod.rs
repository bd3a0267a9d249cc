//! Tenants and their life.

pub mod entity;
