//! Sessions on the wire.

use super::{SignedIn, entity::Portal};
use crate::{
    auth::Policy,
    convert::{Check, timestamp},
    error::{Error, Result},
    identity::user::{Person, Place},
};
use tenantry_proto::v1 as pb;

/// What is wrong with a portal that is none.
const WHICH: &str = "must be PORTAL_MASTER, PORTAL_TENANT or PORTAL_RESELLER";

/// The portal that a request names.
pub fn portal(number: i32) -> Result<Portal> {
    Portal::from_number(number).ok_or_else(|| Error::invalid("portal", WHICH))
}

/// The portal of a sign-in, with every field that is missing.
pub fn sign_in(request: &pb::SignInRequest) -> Result<Portal> {
    let mut check = Check::default();
    let portal = portal(request.portal);
    check.also(portal.as_ref().map(|_| ()).map_err(|_| Error::invalid("portal", WHICH)))?;
    for (field, value) in [("email", &request.email), ("password", &request.password)] {
        if value.is_empty() {
            check.bad(field, "must not be empty");
        }
    }
    check.done()?;
    portal
}

impl From<&Place> for pb::Account {
    fn from(place: &Place) -> Self {
        Self {
            id: place.account_id(),
            display_name: place.name.clone(),
        }
    }
}

/// A session as it is answered.
pub fn session(signed_in: SignedIn, policy: &Policy) -> pb::Session {
    let SignedIn {
        access,
        refresh_token,
        portal,
        place,
        places,
    } = signed_in;
    let (access_token, access_expires) = access.unzip();
    let role = place.membership.role;
    pb::Session {
        access_token: access_token.unwrap_or_default(),
        access_expire_time: access_expires.map(timestamp),
        refresh_token: refresh_token.unwrap_or_default(),
        portal: portal.number(),
        role: role.number(),
        permissions: policy.permissions(role),
        account: Some((&place).into()),
        accounts: places.iter().map(Into::into).collect(),
        user: Some(Person::from(place).into()),
    }
}
