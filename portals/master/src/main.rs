//! The vendor's portal.
fn main() {}
