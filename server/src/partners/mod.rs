//! The channel: resellers and what they earn.

pub mod commission;
pub mod reseller;
