//! Invoices.

pub mod entity;
pub mod line;
pub mod series;
