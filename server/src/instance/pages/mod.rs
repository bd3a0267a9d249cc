//! The pages: routes, and what happens around each request.

mod login;
mod probes;
mod public;
mod subscribers;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};

use super::{App, layout};

/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Forms are small.
const FORM_BYTES: usize = 16 * 1024;
/// Paths that look after the process rather than serve the ISP.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Headers of every response.
const SECURITY: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// All routes of an instance.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(public::show))
        .route("/icon.svg", get(public::icon))
        .route(&app.stylesheet.path, get(public::stylesheet))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/subscribers", get(subscribers::list).post(subscribers::add))
        .route("/subscribers/new", get(subscribers::show_form))
        .route("/subscribers/{id}/remove", get(subscribers::confirm).post(subscribers::remove))
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .route("/metrics", get(probes::metrics))
        .fallback(async || Failure::NotFound)
        .method_not_allowed_fallback(async || Failure::Method)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app), around))
        .with_state(app)
}

/// Why a request got no page of its own.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    NotFound,
    Method,
    StaleForm,
    Timeout,
    /// The cause is for the log, never for the page.
    Internal(Arc<anyhow::Error>),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Internal(Arc::new(error.into()))
    }
}

impl IntoResponse for Failure {
    /// `around` makes the page, since it knows the ISP.
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Timeout => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Failure {
    fn page(&self, app: &App) -> Markup {
        let (title, text) = match self {
            Self::NotFound => ("Page not found", "There is nothing at this address. It may have been removed."),
            Self::Method => ("That does not work here", "This address does not take this kind of request."),
            Self::StaleForm => (
                "This form is out of date",
                "Nothing was changed. Go back, load the page again and repeat what you did.",
            ),
            Self::Timeout => ("This takes too long", "The request was given up. Try again in a moment."),
            Self::Internal(_) => (
                "Something went wrong",
                "The fault is on our side and was recorded. Try again in a moment.",
            ),
        };
        let content = html! {
            section class="narrow card centred" {
                h1 { (title) }
                p { (text) }
                p { a class="button" href="/" { "Go to the start page" } }
            }
        };
        layout::page(app, title, None, &content)
    }
}

/// Around each request: count, limit, render failures, secure, log.
async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(200).collect();
    let probe = PROBES.contains(&path.as_str());
    let request = if probe { request } else { app.meter.request(request) };
    let answered = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    let mut response = answered.unwrap_or_else(|_| Failure::Timeout.into_response());
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        if let Failure::Internal(cause) = &failure {
            tracing::error!("{cause:#}");
        }
        let allow = response.headers_mut().remove(header::ALLOW);
        response = (response.status(), failure.page(&app)).into_response();
        response.headers_mut().extend(allow.map(|allow| (header::ALLOW, allow)));
    }
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let status = response.status();
    if !probe || !status.is_success() {
        // Without the query: what people search for is theirs. Without cookies and bodies for the same reason.
        tracing::info!("{method} {path} {} {} ms", status.as_u16(), began.elapsed().as_millis());
    }
    if probe { response } else { app.meter.response(&method, response) }
}
