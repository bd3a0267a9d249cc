//! Tenants: their life, their settings, and the operations that make and remove them.

pub mod onboarding;
pub mod operation;
pub mod purge;
pub mod settings;
pub mod tenant;
