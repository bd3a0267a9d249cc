//! Deployments: what they shall be.

pub mod entity;
