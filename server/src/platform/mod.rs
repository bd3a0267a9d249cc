//! The platform as a whole: what was changed and by whom, and the figures of the first page.

pub mod audit;
pub mod dashboard;
pub mod policy;
