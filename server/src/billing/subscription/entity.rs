//! The table of subscriptions.

use crate::{
    billing::plan::price::Cadence,
    clock::Time,
    id::{PlanId, PriceId, SubscriptionId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Where a subscription stands.
    SubscriptionState {
        /// Billing has not started.
        Pending = "pending",
        /// In a trial.
        Trialing = "trialing",
        /// Billed.
        Active = "active",
        /// Billed, with an overdue invoice.
        PastDue = "past_due",
        /// Held by the vendor.
        Suspended = "suspended",
        /// Paused by agreement.
        Paused = "paused",
        /// Ended before its time.
        Canceled = "canceled",
        /// Ended at its time.
        Expired = "expired",
    }
}

/// What a tenant is billed for.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    /// The subscription.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SubscriptionId,
    /// Who pays.
    pub tenant_id: TenantId,
    /// The plan.
    pub plan_id: PlanId,
    /// The price that is charged.
    pub price_id: PriceId,
    /// Where it stands.
    pub state: SubscriptionState,
    /// ISO 4217.
    pub currency: String,
    /// Minor units of one full period.
    pub amount: i64,
    /// How often it is charged.
    pub cadence: Cadence,
    /// The day of the month on which periods start; 0 until billing starts, where it was left open.
    pub anchor_day: i64,
    /// The first day of the running period, in the tenant's time zone.
    pub period_start: Option<Date>,
    /// The day after its last one.
    pub period_end: Option<Date>,
    /// When the next invoice is due to be made.
    pub next_invoice_at: Option<Time>,
    /// When billing started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// The version of the row, from 1.
    pub row_version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
