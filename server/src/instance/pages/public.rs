//! What everybody may see.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use maud::{Markup, html};

use crate::instance::visitor::{Admin, Visitor};
use crate::instance::{App, layout};

/// The front page.
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Markup {
    let name = &app.config.name;
    let admin = visitor.admin.clone().map(|email| Admin { email, visitor });
    let since = app.started_at.format("%-d %b %Y, %H:%M UTC");
    let content = html! {
        section class="hero" {
            div class="wide" {
                h1 { (name) }
                p { "Welcome to our service portal. Our team looks after subscribers, lines and services here." }
                @if admin.is_some() {
                    a class="button inverse" href="/subscribers" { "Go to subscribers" }
                } @else {
                    a class="button inverse" href="/login" { "Sign in" }
                }
            }
        }
        section class="wide tiles" aria-label="About this portal" {
            div class="card" {
                h2 { "Service status" }
                p class="status" { span class="dot" aria-hidden="true" {} "The portal is running" }
                p class="muted" { "Since " time datetime=(app.started_at.to_rfc3339()) { (since) } }
            }
            div class="card" {
                h2 { "For our team" }
                p { "Find a subscriber by name, email address or service, add a new line, or close one that has ended." }
            }
            div class="card" {
                h2 { "Privacy" }
                p { "Subscriber records are kept in a database of our own and are shown only after signing in." }
            }
        }
    };
    layout::page(&app, name, admin.as_ref(), &content)
}

/// The ISP's initial, for the browser's tab.
pub(super) async fn icon(State(app): State<Arc<App>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=3600")],
        layout::icon(&app),
    )
}

/// The stylesheet. Its path names its content, so it never changes.
pub(super) async fn stylesheet(State(app): State<Arc<App>>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=31536000, immutable"),
    ];
    (headers, app.stylesheet.text.clone())
}
