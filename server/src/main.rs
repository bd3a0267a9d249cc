//! The Tenantry server program.
fn main() {}
