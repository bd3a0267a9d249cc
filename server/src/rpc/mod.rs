//! The services: one file each; an RPC decodes, calls one operation, and encodes.

mod auth;
mod master_admin;
mod reseller;
mod tenant_admin;

pub use auth::Auth;
pub use master_admin::MasterAdmin;
pub use reseller::Reseller;
pub use tenant_admin::TenantAdmin;

use crate::serve::dispatch::Stopping;
use futures::{Stream, StreamExt};
use std::pin::Pin;
use tonic::{Request, Response, Status};

/// What an RPC answers.
type Answer<T> = Result<Response<T>, Status>;

/// The messages of a stream.
type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Told when the server stops.
fn stopping<T>(request: &Request<T>) -> Result<Stopping, Status> {
    request
        .extensions()
        .get::<Stopping>()
        .cloned()
        .ok_or_else(|| Status::internal("The call came from nowhere."))
}

/// Answers a stream. It ends when its source ends, when the caller goes, and when the server stops.
fn stream<A, T>(items: impl Stream<Item = crate::error::Result<A>> + Send + 'static, mut stopping: Stopping) -> Answer<Messages<T>>
where
    A: Into<T>,
{
    let stopped = async move {
        let _ = stopping.0.wait_for(|stop| *stop).await;
    };
    let messages = items.map(|item| item.map(Into::into).map_err(Into::into)).take_until(stopped);
    Ok(Response::new(Box::pin(messages)))
}

/// Answers a message.
fn reply<T>(message: impl Into<T>) -> Answer<T> {
    Ok(Response::new(message.into()))
}
