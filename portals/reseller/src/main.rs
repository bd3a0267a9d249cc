//! The channel partner's portal.
fn main() {}
