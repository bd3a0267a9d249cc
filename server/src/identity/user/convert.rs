//! Users on the wire.

use super::{Acceptance, Link, NewMember, Person, Place, Welcome, Which, membership::Role};
use crate::{
    convert::{Check, etag, timestamp},
    error::{Error, Result},
    identity::{account::Named, password},
    store::Page,
};
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

impl From<Page<Person>> for pb::ListUsersResponse {
    fn from(page: Page<Person>) -> Self {
        Self {
            users: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}

impl From<Link> for pb::Invitation {
    fn from(link: Link) -> Self {
        Self {
            url: link.url,
            expire_time: Some(timestamp(link.expires_at)),
        }
    }
}

impl From<Welcome> for pb::InviteUserResponse {
    fn from(Welcome { place, link }: Welcome) -> Self {
        Self {
            user: Some(Person::from(place).into()),
            invitation: Some(link.into()),
        }
    }
}

impl From<Place> for pb::GetInvitationResponse {
    fn from(Place { membership: m, name }: Place) -> Self {
        Self {
            portal: m.role.portal().number(),
            email: m.email,
            display_name: m.display_name,
            account_name: name,
        }
    }
}

/// The account that a request names.
fn named(check: &mut Check, tenant: &str, reseller: &str) -> Named {
    Named {
        tenant: check.optional_id("tenant_id", tenant),
        reseller: check.optional_id("reseller_id", reseller),
    }
}

/// The account whose people are listed.
pub fn account(request: &pb::ListUsersRequest) -> Result<Named> {
    let mut check = Check::default();
    let named = named(&mut check, &request.tenant_id, &request.reseller_id);
    check.done()?;
    Ok(named)
}

fn role(check: &mut Check, number: i32) -> Role {
    Role::from_number(number).unwrap_or_else(|| {
        check.bad("role", "must be one of the roles, for example ROLE_TENANT_USER");
        Role::MasterViewer
    })
}

impl TryFrom<pb::InviteUserRequest> for NewMember {
    type Error = Error;

    fn try_from(request: pb::InviteUserRequest) -> Result<Self> {
        let mut check = Check::default();
        check.request_id(&request.request_id);
        let new = Self {
            email: check.email("email", &request.email, 1),
            display_name: check.text("display_name", &request.display_name, 1, 80),
            role: role(&mut check, request.role),
            named: named(&mut check, &request.tenant_id, &request.reseller_id),
        };
        check.done()?;
        Ok(new)
    }
}

fn which(check: &mut Check, user: &str, tenant: &str, reseller: &str, etag: String) -> Option<Which> {
    let named = named(check, tenant, reseller);
    let person = check.id("user_id", user)?;
    Some(Which { person, named, etag })
}

/// Whose role is changed, and to what.
pub fn set_role(request: pb::SetUserRoleRequest) -> Result<(Which, Role)> {
    let mut check = Check::default();
    let role = role(&mut check, request.role);
    let which = which(&mut check, &request.user_id, &request.tenant_id, &request.reseller_id, request.etag);
    check.done()?;
    which.map(|w| (w, role)).ok_or_else(|| Error::invalid("user_id", "is missing"))
}

/// Whose role is taken away.
pub fn remove(request: pb::RemoveUserRequest) -> Result<Which> {
    let mut check = Check::default();
    let which = which(&mut check, &request.user_id, &request.tenant_id, &request.reseller_id, request.etag);
    check.done()?;
    which.ok_or_else(|| Error::invalid("user_id", "is missing"))
}

impl TryFrom<pb::AcceptInvitationRequest> for Acceptance {
    type Error = Error;

    fn try_from(request: pb::AcceptInvitationRequest) -> Result<Self> {
        let mut check = Check::default();
        let display_name = check.text("display_name", &request.display_name, 1, 80);
        if let Some(message) = password::wrong(&request.password) {
            check.bad("password", message);
        }
        check.done()?;
        Ok(Self {
            token: request.token,
            display_name,
            password: request.password,
        })
    }
}
