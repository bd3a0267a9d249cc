//! Signing in.

pub mod entity;
