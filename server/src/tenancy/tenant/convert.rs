//! Tenants on the wire.

use super::{TenantPatch, entity::Model};
use crate::{
    convert::{Check, etag, timestamp},
    error::{Error, Result},
    id::TenantId,
    store::Page,
    tenancy::purge::Purge,
};
use tenantry_proto::v1 as pb;

impl From<Model> for pb::Tenant {
    fn from(t: Model) -> Self {
        Self {
            id: t.id.to_string(),
            slug: t.slug,
            display_name: t.display_name,
            state: t.state.number(),
            state_reason: t.state_reason,
            contact: Some(pb::Contact {
                name: t.contact_name,
                email: t.contact_email,
                phone: t.contact_phone,
            }),
            billing_currency: t.billing_currency,
            time_zone: t.time_zone,
            reseller_id: t.reseller_id.map(|id| id.to_string()).unwrap_or_default(),
            create_time: Some(timestamp(t.created_at)),
            update_time: Some(timestamp(t.updated_at)),
            delete_time: t.deleted_at.map(timestamp),
            purge_time: t.purge_at.map(timestamp),
            etag: etag(t.row_version),
        }
    }
}

impl From<Page<Model>> for pb::ListTenantsResponse {
    fn from(page: Page<Model>) -> Self {
        Self {
            tenants: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}

impl TryFrom<pb::PurgeTenantRequest> for Purge {
    type Error = Error;

    fn try_from(request: pb::PurgeTenantRequest) -> Result<Self> {
        let mut check = Check::default();
        check.request_id(&request.request_id);
        let id = check.id("tenant_id", &request.tenant_id);
        check.done()?;
        let id = id.ok_or_else(|| Error::invalid("tenant_id", "is missing"))?;
        Ok(Self {
            id,
            confirm_slug: request.confirm_slug,
            etag: request.etag,
        })
    }
}

/// The name of a company.
pub fn display_name(check: &mut Check, value: &str) -> String {
    check.text("tenant.display_name", value, 1, 80)
}

/// A contact's name, email address and telephone number.
pub fn contact(check: &mut Check, value: &pb::Contact) -> (String, String, String) {
    (
        check.text("tenant.contact.name", &value.name, 1, 80),
        check.email("tenant.contact.email", &value.email, 1),
        check.text("tenant.contact.phone", &value.phone, 0, 40),
    )
}

/// A time zone.
pub fn time_zone(check: &mut Check, value: &str) -> String {
    if value.parse::<chrono_tz::Tz>().is_err() {
        check.bad("tenant.time_zone", "must be an IANA time zone, for example \"Europe/Vienna\"");
    }
    value.to_owned()
}

/// The tenant that is changed, and how.
pub fn patch(request: pb::UpdateTenantRequest) -> Result<(TenantId, TenantPatch)> {
    let mut check = Check::default();
    let tenant = request.tenant.unwrap_or_default();
    let given = tenant.contact.unwrap_or_default();
    let id = check.id("tenant.id", &tenant.id);
    let mut patch = TenantPatch {
        etag: tenant.etag,
        ..TenantPatch::default()
    };
    let known = [
        "display_name",
        "contact",
        "contact.name",
        "contact.email",
        "contact.phone",
        "time_zone",
    ];
    for path in check.mask(request.update_mask, &known) {
        match path.as_str() {
            "display_name" => patch.display_name = Some(display_name(&mut check, &tenant.display_name)),
            "contact" => {
                let (name, email, phone) = contact(&mut check, &given);
                (patch.contact_name, patch.contact_email, patch.contact_phone) = (Some(name), Some(email), Some(phone));
            }
            "contact.name" => patch.contact_name = Some(check.text("tenant.contact.name", &given.name, 1, 80)),
            "contact.email" => patch.contact_email = Some(check.email("tenant.contact.email", &given.email, 1)),
            "contact.phone" => patch.contact_phone = Some(check.text("tenant.contact.phone", &given.phone, 0, 40)),
            "time_zone" => patch.time_zone = Some(time_zone(&mut check, &tenant.time_zone)),
            _ => {}
        }
    }
    check.done()?;
    id.map(|id| (id, patch)).ok_or_else(|| Error::invalid("tenant.id", "is missing"))
}
