//! Every component in each of its states.
fn main() {}
