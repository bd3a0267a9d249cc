//! What is said to whoever started the program.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// A line on the standard output. Who read it may have ended already, as behind a pipe; that must not end the program, as `println!` would.
pub fn say(line: impl Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A line on the standard error.
pub fn warn(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
