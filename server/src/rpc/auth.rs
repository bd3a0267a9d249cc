//! AuthService.

use super::{Answer, reply, to_the_end};
use crate::{
    auth::visitor,
    cx::{App, Cx},
    error::{Error, Result},
    identity::{
        first_admin::{self, NewAdmin},
        session::{
            self, SignedIn,
            convert::{portal, session as message},
            entity::Portal,
        },
        user,
    },
    store::Platform,
};
use tenantry_proto::v1::{self as pb, auth_service_server::AuthService};
use tonic::{Request, Response, Status, metadata::MetadataMap};

/// The service.
pub struct Auth(pub App);

/// The name of a portal's refresh cookie. Cookies ignore ports and paths between portals, so each has its own.
fn cookie_name(portal: Portal) -> String {
    format!("tenantry_{portal}_refresh")
}

/// Only the sign-in service gets the cookie, and no script ever.
fn cookie(portal: Portal, value: &str, seconds: i64) -> String {
    format!(
        "{}={value}; Path=/tenantry.v1.AuthService/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict",
        cookie_name(portal)
    )
}

fn read_cookie(metadata: &MetadataMap, portal: Portal) -> Option<String> {
    let name = cookie_name(portal);
    let headers = metadata.get_all("cookie").iter().filter_map(|v| v.to_str().ok());
    let mut pairs = headers.flat_map(|h| h.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

fn with_cookie<T>(mut response: Response<T>, cookie: &str) -> Result<Response<T>, Status> {
    let value = cookie.parse().map_err(Error::internal)?;
    response.metadata_mut().insert("set-cookie", value);
    Ok(response)
}

impl Auth {
    /// Answers a session; the refresh token goes into the cookie or the message.
    fn signed_in(&self, mut signed_in: SignedIn, as_cookie: bool) -> Answer<pb::Session> {
        let portal = signed_in.portal;
        let token = if as_cookie { signed_in.refresh_token.take() } else { None };
        let response = Response::new(message(signed_in, &self.0.policy.now()));
        match token {
            Some(token) => with_cookie(response, &cookie(portal, &token, session::LIFETIME.num_seconds())),
            None => Ok(response),
        }
    }

    fn open<T>(&self, request: Request<T>) -> Result<(Cx<Platform>, T)> {
        visitor(&self.0, request)
    }
}

#[tonic::async_trait]
impl AuthService for Auth {
    async fn sign_in(&self, request: Request<pb::SignInRequest>) -> Answer<pb::Session> {
        let (cx, req) = self.open(request)?;
        let (portal, as_cookie) = (session::convert::sign_in(&req)?, req.cookie);
        let work = async move { session::sign_in(&cx, portal, &req.email, &req.password, &req.account_id).await };
        self.signed_in(to_the_end(work).await?, as_cookie)
    }

    async fn refresh_session(&self, request: Request<pb::RefreshSessionRequest>) -> Answer<pb::Session> {
        let portal = portal(request.get_ref().portal)?;
        let from_cookie = request.get_ref().refresh_token.is_empty();
        let cookie = read_cookie(request.metadata(), portal);
        let (cx, req) = self.open(request)?;
        let token = if from_cookie {
            cookie.ok_or(Error::Unauthenticated("SESSION_ENDED"))?
        } else {
            req.refresh_token
        };
        let account = (!req.account_id.is_empty()).then_some(req.account_id.as_str());
        self.signed_in(session::refresh(&cx, &token, account).await?, from_cookie)
    }

    async fn sign_out(&self, request: Request<pb::SignOutRequest>) -> Answer<pb::SignOutResponse> {
        let (cx, _) = self.open(request)?;
        let role = cx.caller.as_ref().map(|c| c.role);
        session::sign_out(&cx).await?;
        let response = Response::new(pb::SignOutResponse {});
        role.map_or_else(
            || reply(pb::SignOutResponse {}),
            |role| with_cookie(response, &cookie(role.portal(), "", 0)),
        )
    }

    async fn get_session(&self, request: Request<pb::GetSessionRequest>) -> Answer<pb::Session> {
        let (cx, _) = self.open(request)?;
        self.signed_in(session::get(&cx).await?, false)
    }

    async fn change_password(&self, request: Request<pb::ChangePasswordRequest>) -> Answer<pb::ChangePasswordResponse> {
        let (cx, req) = self.open(request)?;
        to_the_end(async move { session::change_password(&cx, &req.current_password, &req.new_password).await }).await?;
        reply(pb::ChangePasswordResponse {})
    }

    async fn get_invitation(&self, request: Request<pb::GetInvitationRequest>) -> Answer<pb::GetInvitationResponse> {
        let (cx, req) = self.open(request)?;
        reply(user::inspect(&cx, &req.token).await?)
    }

    async fn accept_invitation(&self, request: Request<pb::AcceptInvitationRequest>) -> Answer<pb::Session> {
        let (cx, req) = self.open(request)?;
        let (as_cookie, acceptance) = (req.cookie, req.try_into()?);
        self.signed_in(to_the_end(async move { user::accept(&cx, acceptance).await }).await?, as_cookie)
    }

    async fn create_first_admin(&self, request: Request<pb::CreateFirstAdminRequest>) -> Answer<pb::Session> {
        let (cx, req) = self.open(request)?;
        let admin = NewAdmin::check(&req.email, &req.display_name, &req.password)?;
        self.signed_in(first_admin::create(&cx, &req.token, admin).await?, req.cookie)
    }
}
