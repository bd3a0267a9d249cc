//! The caller, and the only places where a scope is made for one.

use crate::{
    convert::once,
    cx::{App, Cx},
    error::{Error, Result},
    id::{MembershipId, SessionId, UserId},
    identity::user::membership::Role,
    store::{Actor, Owner, Platform, Reseller, Resource, Subject, Tenant},
};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};
use tonic::Request;

/// Somebody whose credential was checked.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub user_id: UserId,
    /// The person's email address.
    pub email: String,
    /// The session.
    pub session_id: SessionId,
    /// The membership that gives the role.
    pub membership_id: MembershipId,
    /// The role in the account.
    pub role: Role,
    /// The account.
    pub owner: Owner,
}

/// One call, whether or not with a credential. The layers put it into the request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its id, which is in the logs and in the response header.
    pub request_id: String,
    /// Where it came from.
    pub remote_address: String,
    /// The RPC, as a full path.
    pub method: String,
    /// Who calls, if the RPC needs a credential.
    pub caller: Option<Caller>,
    /// What becomes known of the call on its way.
    pub known: Arc<Known>,
}

/// What becomes known of a call on its way, for its entry in the audit trail if it is refused.
#[derive(Debug, Default)]
pub struct Known {
    /// Who calls, also where the role may not.
    pub(super) caller: OnceLock<Caller>,
    /// What it is about.
    pub(super) about: OnceLock<Subject>,
    /// Whether it only asks what would be.
    pub(super) is_preview: AtomicBool,
}

impl Known {
    /// Notes what the call is about.
    pub fn about<E: Resource>(&self, row: &E::Model) {
        let _ = self.about.set(Subject::of::<E>(row));
    }

    /// Notes that the call only asks what would be.
    fn preview(&self, yes: bool) {
        self.is_preview.store(yes, Ordering::Relaxed);
    }
}

fn call<T>(request: &Request<T>) -> Result<Call> {
    request
        .extensions()
        .get::<Call>()
        .cloned()
        .ok_or_else(|| Error::internal(anyhow::anyhow!("a call went around the auth layer")))
}

pub(super) fn actor(call: &Call) -> Actor {
    let (id, name) = match &call.caller {
        Some(caller) => (caller.user_id.to_string(), caller.email.clone()),
        None => ("anyone".to_owned(), "anyone".to_owned()),
    };
    Actor {
        id,
        name,
        request_id: call.request_id.clone(),
        remote_address: call.remote_address.clone(),
        staff: call.caller.as_ref().is_some_and(|caller| caller.owner == Owner::Platform),
    }
}

macro_rules! scoped {
    ($(#[$doc:meta])* $name:ident, $scope:ident, $owner:pat => $make:expr) => {
        $(#[$doc])*
        pub fn $name<T: tenantry_proto::Request>(app: &App, request: Request<T>) -> Result<(Cx<$scope>, T)> {
            let call = call(&request)?;
            let request = request.into_inner();
            call.known.preview(request.validate_only());
            let caller = call.caller.clone().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
            let scope = match caller.owner {
                $owner => $make,
                _ => return Err(Error::Unauthenticated("BAD_TOKEN")),
            };
            let db = app.store.open(scope, actor(&call));
            let once = once(&request)?;
            Ok((Cx { app: app.clone(), caller: Some(caller), known: call.known, once, db }, request))
        }
    };
}

scoped! {
    /// A call by the vendor's staff.
    platform, Platform, Owner::Platform => Platform::new()
}
scoped! {
    /// A call by a tenant.
    tenant, Tenant, Owner::Tenant(id) => Tenant::new(id)
}
scoped! {
    /// A call by a reseller.
    reseller, Reseller, Owner::Reseller(id) => Reseller::new(id)
}

/// A call to the sign-in service, by anybody. It sees people and sessions; the service gives nothing else away.
pub fn visitor<T>(app: &App, request: Request<T>) -> Result<(Cx<Platform>, T)> {
    let call = call(&request)?;
    let db = app.store.open(Platform::new(), actor(&call));
    Ok((
        Cx {
            app: app.clone(),
            caller: call.caller,
            known: call.known,
            once: None,
            db,
        },
        request.into_inner(),
    ))
}
