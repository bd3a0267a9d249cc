//! Users on the wire.

use super::{entity, membership};
use crate::convert::{etag, timestamp};
use tenantry_proto::v1 as pb;

/// A user with the memberships that the caller may see, each with the name of its account.
pub fn user_with(user: entity::Model, memberships: Vec<(membership::Model, String)>) -> pb::User {
    let membership = |(m, account_name): (membership::Model, String)| pb::Membership {
        role: m.role.number(),
        tenant_id: m.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
        reseller_id: m.reseller_id.map(|id| id.to_string()).unwrap_or_default(),
        account_name,
    };
    pb::User {
        id: user.id.to_string(),
        email: user.email,
        display_name: user.display_name,
        state: user.state.number(),
        memberships: memberships.into_iter().map(membership).collect(),
        last_sign_in_time: user.last_sign_in_at.map(timestamp),
        create_time: Some(timestamp(user.created_at)),
        etag: etag(user.row_version),
    }
}
