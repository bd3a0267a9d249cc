//! Calls with the session behind them.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures_util::lock::Mutex;
use prost::Message;
use tenantry_proto::v1 as pb;

use crate::{
    IN_BROWSER,
    error::{Code, RpcError},
    items::Items,
    session::{Session, Tokens},
    transport::{Transport, page_origin},
};

/// A server and the session at it. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    portal: pb::Portal,
    transport: Transport,
    session: Session,
    /// Held while the session is renewed, so that many calls at once renew it once.
    renewing: Mutex<()>,
}

/// The calls of each service.
#[allow(missing_docs)]
pub mod calls {
    use super::{Client, Items, RpcError, pb};
    include!(concat!(env!("OUT_DIR"), "/calls.rs"));
}

impl Client {
    /// A client of the server at an origin, `https://tenantry.example` for example. `on_change` gets the session (without tokens) when one begins or
    /// changes, and `None` when it is over.
    pub fn new(origin: &str, portal: pb::Portal, on_change: impl Fn(Option<pb::Session>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            portal,
            transport: Transport::new(origin),
            session: Session::new(Box::new(on_change)),
            renewing: Mutex::new(()),
        }))
    }

    /// A client of the server that the page came from.
    pub fn of_page(portal: pb::Portal, on_change: impl Fn(Option<pb::Session>) + Send + Sync + 'static) -> Self {
        Self::new(&page_origin(), portal, on_change)
    }

    /// The vendor's calls.
    pub fn master(&self) -> calls::MasterAdmin<'_> {
        calls::MasterAdmin(self)
    }

    /// A tenant's calls.
    pub fn tenant(&self) -> calls::TenantAdmin<'_> {
        calls::TenantAdmin(self)
    }

    /// A reseller's calls.
    pub fn reseller(&self) -> calls::Reseller<'_> {
        calls::Reseller(self)
    }

    /// The calls around signing in. Those that answer a session do not begin it here; [`Client::sign_in`], [`Client::begin`] and their like do.
    pub fn auth(&self) -> calls::Auth<'_> {
        calls::Auth(self)
    }

    /// The session, without its tokens.
    pub fn session(&self) -> Option<pb::Session> {
        self.0.session.current()
    }

    /// Signs in with a password; to the first of the person's accounts where none is named.
    pub async fn sign_in(&self, email: &str, password: &str, account_id: &str) -> Result<pb::Session, RpcError> {
        let request = pb::SignInRequest {
            portal: self.0.portal.into(),
            email: email.to_owned(),
            password: password.to_owned(),
            account_id: account_id.to_owned(),
            cookie: IN_BROWSER,
        };
        Ok(self.begin(self.auth().sign_in(request).await?))
    }

    /// Begins the session that a call of [`Client::auth`] answered, for an accepted invitation for example. The request sets `cookie` to [`IN_BROWSER`].
    pub fn begin(&self, session: pb::Session) -> pb::Session {
        self.0.session.keep(session)
    }

    /// Goes on with the session that the browser's cookie holds; `None` where there is none.
    pub async fn resume(&self) -> Result<Option<pb::Session>, RpcError> {
        let _renewing = self.0.renewing.lock().await;
        match self.refresh(String::new(), "").await {
            Ok(session) => Ok(Some(session)),
            Err(error) if error.is_unauthenticated() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Goes on in another account of the person.
    pub async fn switch_account(&self, account_id: &str) -> Result<pb::Session, RpcError> {
        let _renewing = self.0.renewing.lock().await;
        let refresh = self.0.session.tokens().map(|t| t.refresh).unwrap_or_default();
        self.refresh(refresh, account_id).await
    }

    /// Asks what the role may call by now. Others may have changed that since the session began, as a refusal shows.
    pub async fn look_again(&self) -> Result<(), RpcError> {
        let now = self.auth().get_session(pb::GetSessionRequest {}).await?;
        self.0.session.update(now);
        Ok(())
    }

    /// Ends the session, here and at the server. It is over here even if the server cannot be told.
    pub async fn sign_out(&self) -> Result<(), RpcError> {
        let told = self.auth().sign_out(pb::SignOutRequest {}).await;
        self.0.session.end();
        match told {
            Err(error) if !error.is_unauthenticated() => Err(error),
            _ => Ok(()),
        }
    }

    /// Calls and waits for the one answer.
    pub(crate) async fn unary<A: Message + Default>(&self, path: &'static str, request: &impl Message) -> Result<A, RpcError> {
        let answer = self.send(path, request.encode_to_vec().into()).await?;
        A::decode(answer).map_err(|_| RpcError::garbled())
    }

    /// Calls and answers the stream.
    pub(crate) async fn stream<A: Message + Default>(&self, path: &'static str, request: &impl Message) -> Result<Items<A>, RpcError> {
        let body = Bytes::from(request.encode_to_vec());
        let call = async |token: Option<String>| self.0.transport.stream(path, body.clone(), token.as_deref()).await;
        self.with_token(call).await.map(Items::new)
    }

    async fn send(&self, path: &'static str, body: Bytes) -> Result<Bytes, RpcError> {
        let call = async |token: Option<String>| self.0.transport.unary(path, body.clone(), token.as_deref()).await;
        self.with_token(call).await
    }

    /// Calls with an access token that is good: renewed before it ends, and once more when the server does not take it.
    async fn with_token<A>(&self, call: impl AsyncFn(Option<String>) -> Result<A, RpcError>) -> Result<A, RpcError> {
        let Some(mut tokens) = self.0.session.tokens() else {
            return call(None).await;
        };
        if tokens.are_old() {
            tokens = self.renew(&tokens).await?;
        }
        let answer = match call(Some(tokens.access.clone())).await {
            Err(error) if error.wants_fresh_token() => {
                let fresh = self.renew(&tokens).await?;
                call(Some(fresh.access)).await.inspect_err(|error| {
                    if error.wants_fresh_token() {
                        self.0.session.end();
                    }
                })
            }
            answer => answer,
        };
        answer.map_err(|error| error.of_role(self.session().unwrap_or_default().role()))
    }

    /// Renews tokens, unless somebody else has done so meanwhile.
    async fn renew(&self, old: &Tokens) -> Result<Tokens, RpcError> {
        let _renewing = self.0.renewing.lock().await;
        if let Some(tokens) = self.0.session.tokens().filter(|t| t.access != old.access) {
            return Ok(tokens);
        }
        // Another window shares the cookie and may be in another account: this one stays in its own, or ends.
        let account = self.session().and_then(|s| s.account).map(|a| a.id).unwrap_or_default();
        self.refresh(old.refresh.clone(), &account).await.inspect_err(|error| {
            if error.code == Code::NotFound {
                self.0.session.end();
            }
        })?;
        self.0.session.tokens().ok_or_else(RpcError::unreachable)
    }

    /// Asks for new tokens. The session is over when the server says so, and goes on when it cannot be asked.
    async fn refresh(&self, refresh_token: String, account_id: &str) -> Result<pb::Session, RpcError> {
        let request = pb::RefreshSessionRequest {
            portal: self.0.portal.into(),
            refresh_token,
            account_id: account_id.to_owned(),
        };
        let path = "/tenantry.v1.AuthService/RefreshSession";
        let answer = self.0.transport.unary(path, request.encode_to_vec().into(), None).await;
        let answer = answer.inspect_err(|error| {
            if error.is_unauthenticated() {
                self.0.session.end();
            }
        })?;
        let session = pb::Session::decode(answer).map_err(|_| RpcError::garbled())?;
        Ok(self.0.session.keep(session))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("portal", &self.0.portal).finish_non_exhaustive()
    }
}
