//! The table of invoices.

use crate::{
    clock::Time,
    id::{InvoiceId, SubscriptionId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// Where an invoice stands.
    InvoiceState {
        /// Still being written.
        Draft = "draft",
        /// Finalised and to be paid.
        Open = "open",
        /// Paid in part.
        PartlyPaid = "partly_paid",
        /// Paid in full.
        Paid = "paid",
        /// Declared of no effect.
        Void = "void",
        /// Given up.
        Uncollectible = "uncollectible",
    }
}

impl InvoiceState {
    /// The states in which an invoice is to be paid.
    pub const OWED: [Self; 2] = [Self::Open, Self::PartlyPaid];

    /// Whether an invoice may go from this state to another.
    pub fn may_become(self, next: Self) -> bool {
        use InvoiceState::*;
        match self {
            Draft => matches!(next, Open | Paid),
            Open => matches!(next, PartlyPaid | Paid | Void | Uncollectible),
            PartlyPaid => matches!(next, Paid | Void | Uncollectible),
            // An onboarding that fails is reversed whole, even if somebody was quick to pay.
            Paid => next == Void,
            Void | Uncollectible => false,
        }
    }
}

/// A bill.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    /// The invoice.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvoiceId,
    /// Who owes it.
    pub tenant_id: TenantId,
    /// What it is for.
    pub subscription_id: SubscriptionId,
    /// The how-manieth of the subscription it is, from 1.
    pub ordinal: i64,
    /// Given without gaps when it is finalised.
    pub number: Option<String>,
    /// Where it stands.
    pub state: InvoiceState,
    /// ISO 4217.
    pub currency: String,
    /// The first day of its period.
    pub period_start: Date,
    /// The day after the last one.
    pub period_end: Date,
    /// The sum of its lines in minor units.
    pub total: i64,
    /// What was paid so far.
    pub amount_paid: i64,
    /// When it was finalised.
    pub finalized_at: Option<Time>,
    /// Until when it is to be paid.
    pub due_at: Option<Time>,
    /// When it was paid in full.
    pub paid_at: Option<Time>,
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

impl Model {
    /// What is left to pay.
    pub fn due(&self) -> i64 {
        if InvoiceState::OWED.contains(&self.state) {
            self.total - self.amount_paid
        } else {
            0
        }
    }

    /// Whether it should have been paid by now.
    pub fn overdue(&self, now: Time) -> bool {
        self.due() > 0 && self.due_at.is_some_and(|due| due <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn which_state_may_follow_which() {
        let table: Vec<_> = InvoiceState::iter()
            .map(|from| {
                let next: Vec<_> = InvoiceState::iter().filter(|to| from.may_become(*to)).map(|to| to.word()).collect();
                format!("{from} -> {}", next.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "draft -> open paid",
                "open -> partly_paid paid void uncollectible",
                "partly_paid -> paid void uncollectible",
                "paid -> void",
                "void -> ",
                "uncollectible -> ",
            ]
        );
    }
}
