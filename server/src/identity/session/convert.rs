//! Sessions on the wire.

use super::{SignedIn, entity::Portal};
use crate::{
    auth::Policy,
    convert::timestamp,
    error::{Error, Result},
    identity::user::{Person, Place},
};
use tenantry_proto::v1 as pb;

/// The portal that a request names.
pub fn portal(number: i32) -> Result<Portal> {
    Portal::from_number(number).ok_or_else(|| Error::invalid("portal", "must be PORTAL_MASTER, PORTAL_TENANT or PORTAL_RESELLER"))
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
