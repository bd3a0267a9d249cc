//! A request that is no message of its RPC is the caller's mistake. tonic says INTERNAL of it, which is for defects of the server.

use crate::error::{BROKEN, Error};
use axum::{extract::Request, middleware::Next, response::Response};
use tonic::{Code, Status};

/// Answers a request that could not be read with INVALID_ARGUMENT: whatever is INTERNAL and is not said by us is said by tonic of what it was sent.
pub async fn malformed(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() == Code::Internal && status.message() != BROKEN => {
            tracing::debug!(cause = status.message(), "a request could not be read");
            Status::from(Error::Malformed).into_http()
        }
        _ => response,
    }
}
