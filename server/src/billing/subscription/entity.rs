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

impl SubscriptionState {
    /// The states of a subscription that will not be billed again by itself.
    pub const ENDED: [Self; 2] = [Self::Canceled, Self::Expired];

    /// The states in which periods follow one another and are billed.
    pub const BILLED: [Self; 2] = [Self::Active, Self::PastDue];

    /// Whether a subscription may go from this state to another.
    pub fn may_become(self, next: Self) -> bool {
        use SubscriptionState::*;
        match self {
            Pending => matches!(next, Trialing | Active | Canceled),
            Trialing => matches!(next, Active | PastDue | Suspended | Paused | Canceled | Expired),
            Active => matches!(next, PastDue | Suspended | Paused | Canceled | Expired),
            PastDue => matches!(next, Active | Suspended | Paused | Canceled | Expired),
            Suspended => matches!(next, Active | PastDue | Canceled | Expired),
            Paused => matches!(next, Active | PastDue | Suspended | Canceled | Expired),
            // The deletion of its tenant was taken back.
            Canceled => matches!(next, Active | PastDue | Suspended),
            Expired => false,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn which_state_may_follow_which() {
        let table: Vec<_> = SubscriptionState::iter()
            .map(|from| {
                let next: Vec<_> = SubscriptionState::iter()
                    .filter(|to| from.may_become(*to))
                    .map(|to| to.word())
                    .collect();
                format!("{from} -> {}", next.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "pending -> trialing active canceled",
                "trialing -> active past_due suspended paused canceled expired",
                "active -> past_due suspended paused canceled expired",
                "past_due -> active suspended paused canceled expired",
                "suspended -> active past_due canceled expired",
                "paused -> active past_due suspended canceled expired",
                "canceled -> active past_due suspended",
                "expired -> ",
            ]
        );
    }
}
