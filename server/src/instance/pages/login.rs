//! Signing in and out.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{StatusCode, header};
use maud::{Markup, html};
use serde::Deserialize;

use super::Failure;
use crate::instance::account::{self, Outcome};
use crate::instance::visitor::{self, Visitor};
use crate::instance::{App, layout};

/// The sign-in form. No `Debug`: it holds a password.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct SignInForm {
    email: String,
    password: String,
    form_key: String,
}

/// A form without fields.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct SignOutForm {
    form_key: String,
}

/// The sign-in page.
pub(super) async fn show(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    if visitor.admin.is_some() {
        return Redirect::to("/subscribers").into_response();
    }
    let page = page(&app, &visitor, "", None);
    if visitor.new {
        (visitor::set_cookie(&app, &visitor.key), page).into_response()
    } else {
        page.into_response()
    }
}

/// Signs in.
pub(super) async fn sign_in(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form<SignInForm>) -> Result<Response, Failure> {
    visitor.check(&form.form_key)?;
    match app.sign_in.attempt(&app.pool, &form.email, form.password).await? {
        // Always a new key: one that somebody slipped into the browser before is worth nothing.
        Outcome::SignedIn(key) => Ok((visitor::set_cookie(&app, &key), Redirect::to("/subscribers")).into_response()),
        Outcome::Wrong => {
            let page = page(&app, &visitor, &form.email, Some("The email address or the password is wrong."));
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        Outcome::Wait(wait) => {
            let seconds = wait.as_secs() + 1;
            let text = format!("Too many sign-ins went wrong. Try again in {seconds} s.");
            let page = page(&app, &visitor, &form.email, Some(&text));
            Ok((StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], page).into_response())
        }
    }
}

/// Signs out.
pub(super) async fn sign_out(State(app): State<Arc<App>>, visitor: Visitor, Form(form): Form<SignOutForm>) -> Result<Response, Failure> {
    visitor.check(&form.form_key)?;
    account::close_session(&app.pool, &visitor.key).await?;
    Ok((visitor::clear_cookie(&app), Redirect::to("/")).into_response())
}

fn page(app: &App, visitor: &Visitor, email: &str, problem: Option<&str>) -> Markup {
    let content = html! {
        section class="narrow card" {
            h1 { "Sign in" }
            p class="muted" { "For the team of " (app.config.name) "." }
            @if let Some(problem) = problem { p class="problem" role="alert" { (problem) } }
            form method="post" action="/login" {
                (layout::form_key(&visitor.form_key()))
                label for="email" { "Email address" }
                input #email name="email" type="email" autocomplete="username" required value=(email);
                label for="password" { "Password" }
                input #password name="password" type="password" autocomplete="current-password" required;
                button class="button full" { "Sign in" }
            }
        }
    };
    layout::page(app, "Sign in", None, &content)
}
