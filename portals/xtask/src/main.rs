//! Builds the three portals.
fn main() {}
