//! The table of commissions.

use crate::{
    clock::Time,
    id::{AgreementId, CommissionId, InvoiceId, PaymentId, ResellerId, TenantId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// For what a commission is earned.
    CommissionKind {
        /// A customer's first invoice.
        Initial = "initial",
        /// A later one.
        Recurring = "recurring",
    }
}

crate::words! {
    /// Where a commission stands.
    CommissionState {
        /// Held.
        Pending = "pending",
        /// Can be paid out.
        Approved = "approved",
        /// Part of a payout.
        InPayout = "in_payout",
        /// Paid.
        Paid = "paid",
        /// Not granted.
        Rejected = "rejected",
    }
}

impl CommissionState {
    /// Whether a commission may go from this state to another.
    pub fn may_become(self, next: Self) -> bool {
        use CommissionState::*;
        match self {
            Pending => matches!(next, Approved | Rejected),
            Approved => matches!(next, InPayout | Rejected),
            // A payout that does not happen gives it free again.
            InPayout => matches!(next, Paid | Approved),
            Paid | Rejected => false,
        }
    }
}

/// What a reseller earned on one payment.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "commission")]
pub struct Model {
    /// The commission.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommissionId,
    /// Who earned it.
    pub reseller_id: ResellerId,
    /// The terms.
    pub agreement_id: AgreementId,
    /// Their version.
    pub agreement_version: i64,
    /// Who paid. A reference: the row is the reseller's.
    pub customer_id: TenantId,
    /// The customer's name then.
    pub customer_name: String,
    /// The invoice that was paid.
    pub invoice_id: InvoiceId,
    /// Its number.
    pub invoice_number: String,
    /// The payment that was collected.
    pub payment_id: PaymentId,
    /// For what it was earned.
    pub kind: CommissionKind,
    /// Where it stands.
    pub state: CommissionState,
    /// ISO 4217.
    pub currency: String,
    /// What was collected, in minor units.
    pub base: i64,
    /// Parts per million.
    pub rate_ppm: i64,
    /// What was earned, in minor units.
    pub amount: i64,
    /// Until when it is held.
    pub hold_until: Time,
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
        let table: Vec<_> = CommissionState::iter()
            .map(|from| {
                let next: Vec<_> = CommissionState::iter()
                    .filter(|to| from.may_become(*to))
                    .map(|to| to.word())
                    .collect();
                format!("{from} -> {}", next.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "pending -> approved rejected",
                "approved -> in_payout rejected",
                "in_payout -> approved paid",
                "paid -> ",
                "rejected -> ",
            ]
        );
    }
}
