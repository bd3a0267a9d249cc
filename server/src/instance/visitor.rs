//! Who sends a request: the cookie, and the secret that each form carries.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::Utc;
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use sha2::{Digest, Sha256};

use super::App;
use super::account::{self, hex};
use super::pages::Failure;

/// Anybody. The key is that of their session, or one that only ties forms to their browser.
pub(super) struct Visitor {
    pub key: String,
    /// The browser does not have the key yet.
    pub new: bool,
    /// The email address, if they are signed in.
    pub admin: Option<String>,
}

/// Somebody who is signed in. Others are sent to the sign-in page.
pub(super) struct Admin {
    pub email: String,
    pub visitor: Visitor,
}

impl Visitor {
    /// The secret of this browser's forms, which a page of another site cannot know.
    pub(super) fn form_key(&self) -> String {
        hex(&Sha256::digest(format!("form {}", self.key)))
    }

    /// Refuses a form that this browser did not get from here.
    pub(super) fn check(&self, form_key: &str) -> Result<(), Failure> {
        // Hashes are compared, so that the time tells nothing of the secret.
        let same = Sha256::digest(self.form_key()) == Sha256::digest(form_key);
        if same && !self.new { Ok(()) } else { Err(Failure::StaleForm) }
    }
}

/// The header that gives a browser its key. Cookies ignore ports, so the name tells instances apart on one host.
pub(super) fn set_cookie(app: &App, key: &str) -> [(HeaderName, String); 1] {
    [(
        header::SET_COOKIE,
        format!("{}={key}; Path=/; HttpOnly; SameSite=Strict", cookie_name(app)),
    )]
}

/// The header that takes it back.
pub(super) fn clear_cookie(app: &App) -> [(HeaderName, String); 1] {
    [(
        header::SET_COOKIE,
        format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", cookie_name(app)),
    )]
}

fn cookie_name(app: &App) -> String {
    format!("isp_{}", app.config.slug)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, key) = pairs.find(|(found, _)| *found == name)?;
    (key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| key.to_owned())
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        match cookie(&parts.headers, &cookie_name(app)) {
            Some(key) => {
                let admin = account::session(&app.pool, &key, Utc::now()).await?;
                Ok(Self { key, new: false, admin })
            }
            None => Ok(Self {
                key: account::new_key()?,
                new: true,
                admin: None,
            }),
        }
    }
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        match visitor.admin.clone() {
            Some(email) => Ok(Self { email, visitor }),
            None => Err(Redirect::to("/login").into_response()),
        }
    }
}
