//! The policy on the wire.

use super::{PolicyPatch, RolePermissions, Roles, entity::Model};
use crate::{
    auth::BUILT_IN,
    convert::{Check, etag, timestamp},
    error::{Error, Result},
};
use tenantry_proto::v1 as pb;

/// How long a text can be, in bytes.
const LONGEST: usize = 65_536;

impl From<Model> for pb::Policy {
    fn from(row: Model) -> Self {
        let built_in = row.text.is_empty();
        Self {
            text: if built_in { BUILT_IN.to_owned() } else { row.text },
            built_in,
            update_time: Some(timestamp(row.updated_at)),
            etag: etag(row.row_version),
        }
    }
}

impl From<RolePermissions> for pb::RolePermissions {
    fn from(RolePermissions { role, permissions }: RolePermissions) -> Self {
        Self {
            role: role.number(),
            permissions,
        }
    }
}

impl From<Roles> for pb::GetRolesResponse {
    fn from(roles: Roles) -> Self {
        Self {
            roles: roles.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<pb::UpdatePolicyRequest> for PolicyPatch {
    type Error = Error;

    fn try_from(request: pb::UpdatePolicyRequest) -> Result<Self> {
        let (mut check, mut all) = (Check::default(), Check::default());
        let policy = request.policy.unwrap_or_default();
        let paths = check.mask(request.update_mask, &["text"]);
        if policy.text.len() > LONGEST {
            all.bad("policy.text", format!("must have at most {LONGEST} bytes"));
        }
        if policy.text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            all.bad(
                "policy.text",
                "must have no control characters other than the ends of lines and tabs",
            );
        }
        check.also(all.within("policy", &paths).done())?;
        check.done()?;
        // The text that comes with the program, sent back, means the same as none.
        let text = if policy.text == BUILT_IN { String::new() } else { policy.text };
        Ok(Self {
            etag: policy.etag,
            text: (!paths.is_empty()).then_some(text),
            preview: request.validate_only,
        })
    }
}
