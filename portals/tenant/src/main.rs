//! The ISP's portal.
fn main() {}
