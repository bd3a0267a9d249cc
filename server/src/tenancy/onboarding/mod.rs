//! Onboarding: from a form to a healthy, billed instance and an invited admin, by one operation.

pub mod convert;
mod steps;

pub use steps::{STEPS, hint, prepare, step, stop, take_back};

use super::{
    operation::{self, Operation, entity::OperationKind},
    settings::Settings,
    tenant::entity::{Model, TenantState},
};
use crate::{
    billing::plan::{self, price::Cadence},
    convert::Check,
    cx::Cx,
    deployments::deployment,
    error::{Error, Result},
    id::{PlanId, PriceId, TenantId},
    partners::reseller,
    store::{Change, Platform},
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long an onboarding may take before it is taken back.
const WITHIN: TimeDelta = TimeDelta::minutes(3);

/// What is asked for. Wrong fields are noted in `check`, so that those only the database can tell join them.
pub struct NewTenant {
    /// The wrong fields so far.
    pub check: Check,
    /// Whether only to tell what would be.
    pub preview: bool,
    /// The tenant; everything but its times.
    pub tenant: Model,
    /// The plan, if the request named one.
    pub plan_id: Option<PlanId>,
    /// How often it is billed.
    pub cadence: Cadence,
    /// The rest, which the steps need.
    pub input: Input,
}

/// What the steps need; stored with the operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Input {
    /// The plan.
    pub plan_id: PlanId,
    /// The price that is charged.
    pub price_id: PriceId,
    /// The day of the month on which periods start; 0 is the day on which billing starts.
    pub anchor_day: i64,
    /// The first user's name.
    pub admin_name: String,
    /// The first user's login.
    pub admin_email: String,
    /// What the tenant starts with.
    pub settings: Settings,
}

/// Checks everything, reserves the name, and begins the operation.
pub async fn begin(cx: &Cx<Platform>, new: NewTenant) -> Result<Operation> {
    let NewTenant {
        mut check,
        preview,
        tenant,
        plan_id,
        cadence,
        mut input,
    } = new;
    let now = cx.business_now();
    let change = Change::new("tenant.onboard").preview(preview);
    cx.change(change, async |tx| {
        // What the request alone tells is collected before, what the database tells here; both are answered at once.
        if let Some(id) = plan_id {
            match plan::price_for(tx, id, &tenant.billing_currency, cadence).await {
                Ok(price) => (input.plan_id, input.price_id) = (id, price.id),
                Err(error) => check.also(Err(error))?,
            }
        }
        if let Some(id) = tenant.reseller_id {
            check.also(reseller::active(tx, id).await.map(|_| ()))?;
        }
        check.done()?;
        let row = Model {
            id: TenantId::new(),
            state: TenantState::Onboarding,
            created_at: now,
            updated_at: now,
            ..tenant.clone()
        };
        let row = tx.insert_unique(row, "tenant.slug", "SLUG_TAKEN").await?;
        // A further deployment of another tenant may have the name that this tenant's first would get.
        if !deployment::slug_is_free(tx.find(), &row.slug).await? {
            return Err(Error::Exists("tenant", "tenant.slug", "SLUG_TAKEN"));
        }
        operation::begin(tx, OperationKind::Onboard, &row, serde_json::to_value(&input)?, WITHIN).await
    })
    .await
}
