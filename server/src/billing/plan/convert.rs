//! Plans on the wire.

use super::{
    NewPlan, NewPrice, Plan, PlanPatch,
    entity::{Model, PlanState},
    price::{self, Cadence},
};
use crate::{
    clock::Time,
    convert::{Check, etag, money, timestamp},
    error::Error,
    id::PlanId,
    store::Page,
};
use tenantry_proto::v1 as pb;

const MEBIBYTE: i64 = 1 << 20;
/// More than there are currencies and cadences in use.
const MAX_PRICES: usize = 500;

impl From<Plan> for pb::Plan {
    fn from(Plan { row, prices }: Plan) -> Self {
        Self {
            id: row.id.to_string(),
            code: row.code,
            display_name: row.display_name,
            description: row.description,
            entitlements: Some(pb::Entitlements {
                deployments: i32::try_from(row.deployments).unwrap_or(i32::MAX),
                memory_bytes: row.memory_bytes,
                subscribers: row.subscribers,
                users: i32::try_from(row.users).unwrap_or(i32::MAX),
            }),
            prices: prices.into_iter().map(Into::into).collect(),
            state: row.state.number(),
            create_time: Some(timestamp(row.created_at)),
            update_time: Some(timestamp(row.updated_at)),
            etag: etag(row.row_version),
        }
    }
}

impl From<price::Model> for pb::Price {
    fn from(p: price::Model) -> Self {
        Self {
            id: p.id.to_string(),
            cadence: p.cadence.number(),
            amount: Some(money(&p.currency, p.amount)),
        }
    }
}

impl From<Page<Plan>> for pb::ListPlansResponse {
    fn from(page: Page<Plan>) -> Self {
        Self {
            plans: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}

/// Reads deployments, memory, subscribers and users.
fn entitlements(check: &mut Check, field: &str, value: Option<pb::Entitlements>) -> (i64, i64, i64, i64) {
    let Some(e) = value else {
        check.bad(field, "must be given");
        return (0, 0, 0, 0);
    };
    (
        check.number(&format!("{field}.deployments"), e.deployments, 1, 100),
        check.number(&format!("{field}.memory_bytes"), e.memory_bytes, 64 * MEBIBYTE, 65_536 * MEBIBYTE),
        check.number(&format!("{field}.subscribers"), e.subscribers, 0, 1_000_000_000),
        check.number(&format!("{field}.users"), e.users, 1, 10_000),
    )
}

fn prices(check: &mut Check, field: &str, values: Vec<pb::Price>) -> Vec<NewPrice> {
    if values.is_empty() {
        check.bad(field, "must have at least one price");
    }
    if values.len() > MAX_PRICES {
        check.bad(field, format!("must have at most {MAX_PRICES} prices"));
        return Vec::new();
    }
    let mut prices: Vec<NewPrice> = Vec::new();
    for (i, p) in values.into_iter().enumerate() {
        let at = format!("{field}[{i}]");
        let cadence = Cadence::from_number(p.cadence);
        if cadence.is_none() {
            check.bad(
                format!("{at}.cadence"),
                "must be CADENCE_MONTHLY, CADENCE_QUARTERLY or CADENCE_YEARLY",
            );
        }
        let Some(amount) = p.amount else {
            check.bad(format!("{at}.amount"), "must be given");
            continue;
        };
        let currency = check.currency(&format!("{at}.amount.currency_code"), &amount.currency_code);
        let amount = check.number(&format!("{at}.amount.minor_units"), amount.minor_units, 0, 1_000_000_000_000);
        let cadence = cadence.unwrap_or(Cadence::Monthly);
        if prices.iter().any(|p| p.cadence == cadence && p.currency == currency) {
            check.bad(at, format!("is a second {cadence} price in {currency}"));
        }
        prices.push(NewPrice { cadence, currency, amount });
    }
    prices
}

impl TryFrom<pb::CreatePlanRequest> for NewPlan {
    type Error = Error;

    fn try_from(request: pb::CreatePlanRequest) -> Result<Self, Error> {
        let mut check = Check::default();
        check.request_id(&request.request_id);
        let plan = request.plan.unwrap_or_default();
        let (deployments, memory_bytes, subscribers, users) = entitlements(&mut check, "plan.entitlements", plan.entitlements);
        let row = Model {
            id: PlanId::new(),
            code: check.code("plan.code", &plan.code, 3, 40),
            display_name: check.text("plan.display_name", &plan.display_name, 1, 80),
            description: check.text("plan.description", &plan.description, 0, 500),
            deployments,
            memory_bytes,
            subscribers,
            users,
            state: PlanState::Active,
            row_version: 1,
            created_at: Time::UNIX_EPOCH,
            updated_at: Time::UNIX_EPOCH,
        };
        let prices = prices(&mut check, "plan.prices", plan.prices);
        check.done()?;
        Ok(Self {
            preview: request.validate_only,
            row,
            prices,
        })
    }
}

/// The plan that is changed, and how.
pub fn patch(request: pb::UpdatePlanRequest) -> Result<(PlanId, PlanPatch), Error> {
    let mut check = Check::default();
    let plan = request.plan.unwrap_or_default();
    let id = check.id("plan.id", &plan.id);
    let mut patch = PlanPatch {
        etag: plan.etag,
        ..PlanPatch::default()
    };
    for path in check.mask(request.update_mask, &["display_name", "description", "entitlements", "prices"]) {
        match path.as_str() {
            "display_name" => patch.display_name = Some(check.text("plan.display_name", &plan.display_name, 1, 80)),
            "description" => patch.description = Some(check.text("plan.description", &plan.description, 0, 500)),
            "entitlements" => patch.entitlements = Some(entitlements(&mut check, "plan.entitlements", plan.entitlements)),
            "prices" => patch.prices = Some(prices(&mut check, "plan.prices", plan.prices.clone())),
            _ => {}
        }
    }
    check.done()?;
    id.map(|id| (id, patch)).ok_or_else(|| Error::invalid("plan.id", "is missing"))
}
