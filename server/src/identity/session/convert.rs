//! Sessions on the wire.

use super::{SignedIn, accounts::Account, entity::Portal};
use crate::{
    auth::Policy,
    convert::timestamp,
    error::{Error, Result},
    identity::user::convert::user_with,
};
use tenantry_proto::v1 as pb;

/// The portal that a request names.
pub fn portal(number: i32) -> Result<Portal> {
    Portal::from_number(number).ok_or_else(|| Error::invalid("portal", "must be PORTAL_MASTER, PORTAL_TENANT or PORTAL_RESELLER"))
}

/// A session as it is answered. The platform goes by the vendor's name.
pub fn session(signed_in: SignedIn, policy: &Policy, vendor: &str) -> pb::Session {
    let account = |a: &Account| pb::Account {
        id: a.id.clone(),
        display_name: if a.display_name.is_empty() {
            vendor.to_owned()
        } else {
            a.display_name.clone()
        },
    };
    let SignedIn {
        access,
        refresh_token,
        portal,
        user,
        membership,
        account: chosen,
        accounts,
    } = signed_in;
    let (access_token, access_expires) = access.unzip();
    let name = account(&chosen).display_name;
    pb::Session {
        access_token: access_token.unwrap_or_default(),
        access_expire_time: access_expires.map(timestamp),
        refresh_token: refresh_token.unwrap_or_default(),
        portal: portal.number(),
        role: membership.role.number(),
        permissions: policy.permissions(membership.role),
        user: Some(user_with(user, vec![(membership, name)])),
        account: Some(account(&chosen)),
        accounts: accounts.iter().map(account).collect(),
    }
}
