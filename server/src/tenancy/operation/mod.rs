//! Operations: long work in stored steps.

pub mod entity;
pub mod step;
