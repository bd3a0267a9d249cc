//! The shim with real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ends;
mod folder;
mod lost;
mod runs;
