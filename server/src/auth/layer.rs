//! The one layer that checks credentials, before anything else is read.

use super::{Call, Caller, Known};
use crate::{
    cx::App,
    error::{Error, Result},
    id::SessionId,
    identity::session::{self, Present},
};
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower::{Layer, Service};

/// Sessions as they were a moment ago, so that not each call reads them. A sign-out or a change of role on another server counts after this time at the latest.
pub type Sessions = moka::future::Cache<SessionId, Option<Arc<Present>>>;

const REMEMBERED: Duration = Duration::from_secs(3);

/// An empty memory of sessions.
pub fn sessions() -> Sessions {
    moka::future::Cache::builder()
        .max_capacity(100_000)
        .time_to_live(REMEMBERED)
        .build()
}

/// Checks the credential of each call to our services and whether the role may call it.
#[derive(Clone)]
pub struct AuthLayer(App);

impl AuthLayer {
    /// For a server.
    pub fn new(app: App) -> Self {
        Self(app)
    }

    /// The caller, or why there is none.
    async fn check(&self, method: &str, headers: &HeaderMap, known: Option<&Known>) -> Result<Option<Caller>> {
        let policy = self.0.policy.now();
        if policy.is_public(method) {
            return Ok(None);
        }
        let claims = self
            .0
            .tokens
            .check(bearer(headers)?, audiences(method), self.0.store.clock().now())?;
        let present = self
            .0
            .sessions
            .try_get_with(claims.sid, session::present(&self.0, claims.sid))
            .await;
        let present = present.map_err(|cause| Error::Unavailable(anyhow::anyhow!("{cause}")))?;
        let caller = present
            .and_then(|p| p.caller(claims.mid))
            .ok_or(Error::Unauthenticated("SESSION_ENDED"))?;
        // Not before: the token of a session that was ended, which may be in strange hands, takes nothing from its owner.
        self.0.limits.person(claims.user())?;
        if let Some(known) = known {
            let _ = known.caller.set(caller.clone());
        }
        self.0.limits.account(caller.owner)?;
        if !self.0.policy.now().allows(caller.role, method) {
            return Err(Error::Denied(method.to_owned()));
        }
        Ok(Some(caller))
    }
}

/// The one bearer token of a call.
fn bearer(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Error::Unauthenticated("NO_TOKEN")),
        (Some(value), None) => {
            let token = value
                .to_str()
                .ok()
                .and_then(|v| v.strip_prefix("Bearer ").or_else(|| v.strip_prefix("bearer ")));
            token.ok_or(Error::Unauthenticated("BAD_TOKEN"))
        }
        _ => Err(Error::Unauthenticated("BAD_TOKEN")),
    }
}

/// The services whose tokens a method takes: its own; for the sign-in service any.
fn audiences(method: &str) -> &'static [&'static str] {
    const ALL: [&str; 3] = [
        "tenantry.v1.MasterAdminService",
        "tenantry.v1.TenantAdminService",
        "tenantry.v1.ResellerService",
    ];
    let service = method.trim_start_matches('/').split('/').next().unwrap_or_default();
    ALL.iter().position(|s| *s == service).map_or(&ALL[..], |i| &ALL[i..=i])
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;
    fn layer(&self, inner: S) -> Auth<S> {
        Auth {
            layer: self.clone(),
            inner,
        }
    }
}

/// A service behind the layer.
#[derive(Clone)]
pub struct Auth<S> {
    layer: AuthLayer,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Auth<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The clone has not been asked whether it is ready; the one that was goes with this call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        Box::pin(async move {
            let method = request.uri().path().to_owned();
            if !method.starts_with("/tenantry.v1.") {
                return inner.call(request).await;
            }
            let known = request.extensions().get::<Call>().map(|call| call.known.clone());
            match layer.check(&method, request.headers(), known.as_deref()).await {
                Ok(caller) => {
                    if let Some(call) = request.extensions_mut().get_mut::<Call>() {
                        call.caller = caller;
                    }
                    inner.call(request).await
                }
                Err(error) => Ok(error.into_http()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::session::entity::Portal;

    #[test]
    fn a_method_takes_tokens_of_its_own_service() {
        assert_eq!(audiences("/tenantry.v1.ResellerService/ListTenants"), [Portal::Reseller.service()]);
        assert_eq!(audiences("/tenantry.v1.AuthService/SignOut").len(), 3);
    }

    #[test]
    fn two_tokens_are_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers).map_err(|e| e.reason()), Err("NO_TOKEN"));
        headers.append(AUTHORIZATION, "Bearer a".parse().expect("value"));
        assert_eq!(bearer(&headers).map_err(|e| e.reason()), Ok("a"));
        headers.append(AUTHORIZATION, "Bearer b".parse().expect("value"));
        assert_eq!(bearer(&headers).map_err(|e| e.reason()), Err("BAD_TOKEN"));
    }
}
