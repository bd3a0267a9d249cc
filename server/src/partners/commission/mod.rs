//! Commissions: what resellers earned.

pub mod entity;
