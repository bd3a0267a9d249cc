//! What the platform asks an instance.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::Failure;
use crate::instance::{App, schema, subscriber};

/// Healthy only if the database answers.
pub(super) async fn healthz(State(app): State<Arc<App>>) -> Response {
    if schema::answers(&app.pool).await {
        (StatusCode::OK, "ok").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer.").into_response()
    }
}

/// Nothing listens before the database is ready, so being ready is being healthy.
pub(super) async fn readyz(state: State<Arc<App>>) -> Response {
    healthz(state).await
}

/// The counters, for Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let subscribers = subscriber::count(&app.pool).await?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        app.meter.text(subscribers),
    )
        .into_response())
}
