//! The public contract of Tenantry: messages, services, and the descriptor set.
//!
//! The comments of the `.proto` files are the manual of the API; they stand on the generated items.

/// Version 1 of the contract.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/tenantry.v1.rs"));
}

/// What any request says of itself.
pub trait Request: prost::Message {
    /// The key of its sender's choice; empty where there is none.
    fn request_id(&self) -> &str;
    /// Whether it only asks what would be.
    fn validate_only(&self) -> bool;
}

include!(concat!(env!("OUT_DIR"), "/requests.rs"));

/// The compiled descriptor set with comments, as reflection serves it and the matrix tests read it.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
