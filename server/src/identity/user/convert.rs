//! Users on the wire.

use super::{Person, Place};
use crate::convert::{etag, timestamp};
use tenantry_proto::v1 as pb;

impl From<Person> for pb::User {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.to_string(),
            email: person.email,
            display_name: person.display_name,
            state: person.state.number(),
            memberships: person.places.into_iter().map(Into::into).collect(),
            last_sign_in_time: person.last_sign_in_at.map(timestamp),
            create_time: Some(timestamp(person.created_at)),
        }
    }
}

impl From<Place> for pb::Membership {
    fn from(Place { membership: m, name }: Place) -> Self {
        Self {
            role: m.role.number(),
            tenant_id: m.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
            reseller_id: m.reseller_id.map(|id| id.to_string()).unwrap_or_default(),
            account_name: name,
            state: m.state.number(),
            etag: etag(m.row_version),
        }
    }
}
