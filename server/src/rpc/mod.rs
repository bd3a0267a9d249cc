//! The services: one file each; an RPC decodes, calls one operation, and encodes.

mod auth;
mod master_admin;
mod reseller;
mod tenant_admin;

pub use auth::Auth;
pub use master_admin::MasterAdmin;
pub use reseller::Reseller;
pub use tenant_admin::TenantAdmin;

use tonic::{Response, Status};

/// What an RPC answers.
type Answer<T> = Result<Response<T>, Status>;

/// Answers a message.
fn reply<T>(message: impl Into<T>) -> Answer<T> {
    Ok(Response::new(message.into()))
}
