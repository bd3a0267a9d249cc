//! What reflection is asked.

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http_body_util::Limited;

/// How many bytes of questions one call may ask. A client that wants to know all of the contract asks two or three thousand.
const MOST: usize = 16 * 1024;

/// Ends a call of reflection that asks too much: each of its questions is answered with a whole file, and all together count as one call only.
pub async fn few_questions(request: Request, next: Next) -> Response {
    let is_reflection = request.uri().path().starts_with("/grpc.reflection.");
    let request = match is_reflection {
        true => request.map(|body| Body::new(Limited::new(body, MOST))),
        false => request,
    };
    next.run(request).await
}
