//! The audit trail: what is in it, and that nobody can change it without being seen.

mod busy;
mod chain;
mod entries;
mod export;
