//! Tenants: their life, their settings, and the operations that make and remove them.

pub mod operation;
pub mod settings;
pub mod tenant;
