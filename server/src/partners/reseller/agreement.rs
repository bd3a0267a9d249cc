//! The table of commission agreements.

use super::Terms;
use crate::{
    clock::Time,
    id::{AgreementId, ResellerId},
    partners::commission::entity::CommissionKind,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// One version of the terms on which a reseller earns.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "commission_agreement")]
pub struct Model {
    /// The version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AgreementId,
    /// The reseller.
    pub reseller_id: ResellerId,
    /// Counts from 1; the highest is in force.
    pub version: i64,
    /// Parts per million of a customer's first invoice.
    pub initial_rate_ppm: i64,
    /// Parts per million of later ones.
    pub recurring_rate_ppm: i64,
    /// For how many later ones; 0 is for ever.
    pub recurring_invoices: i64,
    /// Days before it can be paid out.
    pub hold_days: i64,
    /// When it was made.
    pub created_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The terms of this version.
    pub fn terms(&self) -> Terms {
        Terms {
            initial_rate_ppm: self.initial_rate_ppm,
            recurring_rate_ppm: self.recurring_rate_ppm,
            recurring_invoices: self.recurring_invoices,
            hold_days: self.hold_days,
        }
    }

    /// What is earned on the how-manieth invoice of a customer, from 1: for what, and how many parts per million.
    pub fn rate(&self, ordinal: i64) -> (CommissionKind, i64) {
        match ordinal {
            ..=1 => (CommissionKind::Initial, self.initial_rate_ppm),
            later if self.recurring_invoices == 0 || later <= 1 + self.recurring_invoices => {
                (CommissionKind::Recurring, self.recurring_rate_ppm)
            }
            _ => (CommissionKind::Recurring, 0),
        }
    }
}

/// The version that was in force at a time, of all versions in their order: the last one that there was by then, or the first.
pub fn in_force(versions: &[Model], at: Time) -> Option<&Model> {
    versions.iter().rfind(|v| v.created_at <= at).or(versions.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: i64, created_at: &str) -> Model {
        Model {
            id: AgreementId::new(),
            reseller_id: ResellerId::new(),
            version,
            initial_rate_ppm: 150_000,
            recurring_rate_ppm: 50_000,
            recurring_invoices: 2,
            hold_days: 30,
            created_at: created_at.parse().expect("a moment"),
        }
    }

    #[test]
    fn the_first_invoice_and_so_many_later_ones_earn() {
        use CommissionKind::{Initial, Recurring};
        let mut terms = version(1, "2026-01-01T00:00:00Z");
        let rates = |terms: &Model| [1, 2, 3, 4, 100].map(|ordinal| terms.rate(ordinal));
        assert_eq!(
            rates(&terms),
            [
                (Initial, 150_000),
                (Recurring, 50_000),
                (Recurring, 50_000),
                (Recurring, 0),
                (Recurring, 0)
            ]
        );
        terms.recurring_invoices = 0;
        assert_eq!(terms.rate(100), (Recurring, 50_000));
    }

    #[test]
    fn a_payment_earns_by_the_version_of_its_time() {
        let versions = [
            version(1, "2026-01-10T00:00:00Z"),
            version(2, "2026-02-10T00:00:00Z"),
            version(3, "2026-03-10T00:00:00Z"),
        ];
        let at = |text: &str| in_force(&versions, text.parse().expect("a moment")).map(|v| v.version);
        assert_eq!(at("2026-01-01T00:00:00Z"), Some(1));
        assert_eq!(at("2026-02-09T23:59:59Z"), Some(1));
        assert_eq!(at("2026-02-10T00:00:00Z"), Some(2));
        assert_eq!(at("2027-01-01T00:00:00Z"), Some(3));
    }
}
