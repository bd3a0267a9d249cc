//! The onboarding form on the wire.

use super::{Input, NewTenant};
use crate::{
    billing::plan::price::Cadence,
    clock::Time,
    convert::Check,
    id::{PlanId, PriceId, TenantId},
    tenancy::{
        settings,
        tenant::{
            convert::{contact, display_name, time_zone},
            entity::{Model, TenantState},
            slug,
        },
    },
};
use tenantry_proto::v1 as pb;

impl From<pb::OnboardTenantRequest> for NewTenant {
    fn from(request: pb::OnboardTenantRequest) -> Self {
        let mut check = Check::default();
        check.request_id(&request.request_id);
        let tenant = request.tenant.unwrap_or_default();
        let (contact_name, contact_email, contact_phone) = contact(&mut check, &tenant.contact.unwrap_or_default());
        let or = |given: String, default: &str| if given.trim().is_empty() { default.to_owned() } else { given };
        let cadence = Cadence::from_number(request.cadence);
        if cadence.is_none() {
            check.bad("cadence", "must be CADENCE_MONTHLY, CADENCE_QUARTERLY or CADENCE_YEARLY");
        }
        let plan_id = check.id::<PlanId>("plan_id", &request.plan_id);
        let input = Input {
            plan_id: plan_id.unwrap_or_else(PlanId::new),
            price_id: PriceId::new(),
            anchor_day: check.number("billing_anchor_day", request.billing_anchor_day, 0, 31),
            admin_name: check.text("admin_name", &or(request.admin_name, &contact_name), 0, 80),
            admin_email: check.email("admin_email", &or(request.admin_email, &contact_email), 0),
            settings: settings::convert::read(&mut check, request.settings.unwrap_or_default()),
        };
        let row = Model {
            id: TenantId::new(),
            slug: slug::read(&mut check, "tenant.slug", &tenant.slug),
            display_name: display_name(&mut check, &tenant.display_name),
            state: TenantState::Onboarding,
            state_reason: String::new(),
            resume_state: TenantState::Active,
            contact_name,
            contact_email,
            contact_phone,
            billing_currency: check.currency("tenant.billing_currency", &tenant.billing_currency),
            time_zone: time_zone(&mut check, &tenant.time_zone),
            reseller_id: check.optional_id("tenant.reseller_id", &tenant.reseller_id),
            row_version: 1,
            created_at: Time::UNIX_EPOCH,
            updated_at: Time::UNIX_EPOCH,
            deleted_at: None,
            purge_at: None,
        };
        Self {
            check,
            preview: request.validate_only,
            tenant: row,
            plan_id,
            cadence: cadence.unwrap_or(Cadence::Monthly),
            input,
        }
    }
}
