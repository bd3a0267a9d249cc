//! Plans: what the vendor sells.

pub mod entity;
pub mod price;
