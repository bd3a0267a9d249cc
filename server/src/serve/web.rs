//! The web half of the port: health, readiness, the portals.

use super::{limits, portals};
use crate::cx::App;
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

/// Everything that is not gRPC.
pub(super) fn router(app: &App) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/master/") }))
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .fallback(portals::serve)
        .layer(middleware::from_fn(spoken))
        .layer(middleware::from_fn_with_state(app.clone(), limits::by_address))
        .layer(middleware::map_response(secure))
        .with_state(app.clone())
}

/// Refuses calls of gRPC in a dialect that the other half does not speak: to a client a page would look like an answer.
async fn spoken(request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    match kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
        true => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
        false => next.run(request).await,
    }
}

/// Whether calls can be answered.
async fn ready(State(app): State<App>) -> Response {
    match app.store.ping().await {
        Ok(()) => "ready".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer").into_response()
        }
    }
}

/// What keeps foreign code and frames out of every page.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=()",
    ),
];

async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
