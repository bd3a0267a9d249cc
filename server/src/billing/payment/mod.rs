//! Payments: money that was received.

pub mod entity;
