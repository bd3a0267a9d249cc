//! Resellers on the wire.

use super::{NewReseller, Reseller, ResellerPatch, Terms, agreement, entity::ResellerState};
use crate::{
    convert::{Check, etag, timestamp},
    error::Error,
    id::ResellerId,
    money::MILLION,
    store::Page,
};
use tenantry_proto::v1 as pb;

impl From<Reseller> for pb::Reseller {
    fn from(Reseller { row, agreement }: Reseller) -> Self {
        Self {
            id: row.id.to_string(),
            code: row.code,
            display_name: row.display_name,
            contact_email: row.contact_email,
            agreement: Some(agreement.into()),
            state: row.state.number(),
            create_time: Some(timestamp(row.created_at)),
            update_time: Some(timestamp(row.updated_at)),
            etag: etag(row.row_version),
        }
    }
}

impl From<agreement::Model> for pb::CommissionAgreement {
    fn from(row: agreement::Model) -> Self {
        let small = |number| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            version: small(row.version),
            initial_rate_ppm: small(row.initial_rate_ppm),
            recurring_rate_ppm: small(row.recurring_rate_ppm),
            recurring_invoices: small(row.recurring_invoices),
            hold_days: small(row.hold_days),
        }
    }
}

impl From<Page<Reseller>> for pb::ListResellersResponse {
    fn from(page: Page<Reseller>) -> Self {
        Self {
            resellers: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}

fn terms(check: &mut Check, agreement: Option<pb::CommissionAgreement>) -> Terms {
    if agreement.is_none() {
        check.bad("reseller.agreement", "must be given");
    }
    let terms = agreement.unwrap_or_default();
    let mut number = |field: &str, value, most| check.number(&format!("reseller.agreement.{field}"), value, 0, most);
    Terms {
        initial_rate_ppm: number("initial_rate_ppm", terms.initial_rate_ppm, MILLION),
        recurring_rate_ppm: number("recurring_rate_ppm", terms.recurring_rate_ppm, MILLION),
        recurring_invoices: number("recurring_invoices", terms.recurring_invoices, i32::MAX.into()),
        hold_days: number("hold_days", terms.hold_days, 365),
    }
}

impl TryFrom<pb::CreateResellerRequest> for NewReseller {
    type Error = Error;

    fn try_from(request: pb::CreateResellerRequest) -> Result<Self, Error> {
        let mut check = Check::default();
        check.request_id(&request.request_id);
        let reseller = request.reseller.unwrap_or_default();
        let new = Self {
            preview: request.validate_only,
            code: check.code("reseller.code", &reseller.code, 3, 30),
            display_name: check.text("reseller.display_name", &reseller.display_name, 1, 80),
            contact_email: check.email("reseller.contact_email", &reseller.contact_email, 1),
            terms: terms(&mut check, reseller.agreement),
        };
        check.done()?;
        Ok(new)
    }
}

/// The reseller that is changed, and how.
pub fn patch(request: pb::UpdateResellerRequest) -> Result<(ResellerId, ResellerPatch), Error> {
    let mut check = Check::default();
    let reseller = request.reseller.unwrap_or_default();
    let id = check.id("reseller.id", &reseller.id);
    let mut patch = ResellerPatch {
        etag: reseller.etag,
        ..ResellerPatch::default()
    };
    for path in check.mask(request.update_mask, &["display_name", "contact_email", "agreement", "state"]) {
        match path.as_str() {
            "display_name" => patch.display_name = Some(check.text("reseller.display_name", &reseller.display_name, 1, 80)),
            "contact_email" => patch.contact_email = Some(check.email("reseller.contact_email", &reseller.contact_email, 1)),
            "agreement" => patch.terms = Some(terms(&mut check, reseller.agreement)),
            "state" => {
                patch.state = ResellerState::from_number(reseller.state);
                if patch.state.is_none() {
                    check.bad("reseller.state", "must be RESELLER_STATE_ACTIVE or RESELLER_STATE_INACTIVE");
                }
            }
            _ => {}
        }
    }
    check.done()?;
    id.map(|id| (id, patch)).ok_or_else(|| Error::invalid("reseller.id", "is missing"))
}
