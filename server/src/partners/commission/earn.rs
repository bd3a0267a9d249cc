//! How a commission arises with a payment.

use super::entity::{Column, CommissionState, Entity, Model};
use crate::{
    billing::{day, invoice, payment},
    error::{Error, Result},
    id::CommissionId,
    money::{MILLION, sum_mul_div},
    partners::reseller::agreement,
    store::{Platform, Tx},
    tenancy::tenant,
};
use sea_orm::Order;

/// Writes what a payment earns the reseller who brought the tenant, if somebody did, by the terms that were in force when the money was received. A reseller who
/// brings no new tenants any more earns on.
pub async fn earn(tx: &Tx<Platform>, invoice: &invoice::entity::Model, payment: &payment::entity::Model) -> Result<()> {
    let tenant = tx.find::<tenant::entity::Entity>().get(invoice.tenant_id).await?;
    let Some(reseller_id) = tenant.reseller_id else { return Ok(()) };
    let versions = tx.find::<agreement::Entity>().with(agreement::Column::ResellerId, reseller_id);
    let versions = versions.order(agreement::Column::Version, Order::Asc).all().await?;
    let terms = agreement::in_force(&versions, payment.received_at)
        .ok_or_else(|| Error::internal(anyhow::anyhow!("the reseller {reseller_id} has no agreement")))?;
    let (kind, rate_ppm) = terms.rate(invoice.ordinal);
    if rate_ppm == 0 {
        return Ok(());
    }
    let earlier = tx.find::<Entity>().with(Column::InvoiceId, invoice.id).all().await?;
    let earlier: Vec<_> = earlier.iter().map(|c| (c.base, c.rate_ppm, c.amount)).collect();
    let now = tx.db().clock().business();
    let hold_days = u64::try_from(terms.hold_days).map_err(Error::internal)?;
    tx.insert(Model {
        id: CommissionId::new(),
        reseller_id,
        agreement_id: terms.id,
        agreement_version: terms.version,
        customer_name: tenant.display_name,
        customer_id: tenant.id,
        invoice_id: invoice.id,
        invoice_number: invoice.number.clone().unwrap_or_default(),
        payment_id: payment.id,
        kind,
        state: CommissionState::Pending,
        currency: payment.currency.clone(),
        base: payment.amount,
        rate_ppm,
        amount: next_amount(&earlier, payment.amount, rate_ppm)?,
        hold_until: day::over(now, hold_days, day::zone(&tenant.time_zone)?)?,
        row_version: 1,
        created_at: now,
        updated_at: now,
    })
    .await?;
    Ok(())
}

/// What one more payment earns, after those that earned (base, rate, amount) on the same invoice. The sum is rounded, not each: over all payments it is exactly
/// the rate times what was collected.
fn next_amount(earlier: &[(i64, i64, i64)], base: i64, rate_ppm: i64) -> Result<i64> {
    let shares = earlier.iter().map(|(base, rate, _)| (*base, *rate)).chain([(base, rate_ppm)]);
    let earned: i64 = earlier.iter().map(|(_, _, amount)| amount).sum();
    Ok(sum_mul_div(shares, MILLION)? - earned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::mul_div;
    use proptest::prelude::*;

    /// What each of some payments (base, rate) of one invoice earns.
    fn earned(payments: &[(i64, i64)]) -> Vec<i64> {
        let mut rows = Vec::new();
        for (base, rate) in payments {
            let amount = next_amount(&rows, *base, *rate).expect("an amount");
            rows.push((*base, *rate, amount));
        }
        rows.into_iter().map(|(_, _, amount)| amount).collect()
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        // 15 % of 49.00 is 7.35, in whatever parts it is paid.
        assert_eq!(earned(&[(4900, 150_000)]), [735]);
        assert_eq!(earned(&[(1999, 150_000), (2901, 150_000)]), [300, 435]);
        // A tenth of a cent at a time: every tenth payment earns a cent, the first of them when half of it is reached.
        assert_eq!(earned(&[(1, 100_000); 10]), [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
        // The terms changed in between.
        assert_eq!(earned(&[(333, 100_000), (333, 50_000)]), [33, 17]);
    }

    proptest! {
        #[test]
        fn payments_in_parts_earn_exactly_what_one_payment_does(
            parts in prop::collection::vec(1..=1_000_000_000_000i64, 1..20), rate in 1..=1_000_000i64,
        ) {
            let payments: Vec<_> = parts.iter().map(|base| (*base, rate)).collect();
            let earned = earned(&payments);
            let whole = mul_div(parts.iter().sum(), rate, MILLION).expect("an amount");
            prop_assert_eq!(earned.iter().sum::<i64>(), whole);
            for (amount, (base, rate)) in earned.iter().zip(&payments) {
                let alone = mul_div(*base, *rate, MILLION).expect("an amount");
                prop_assert!(*amount >= 0 && (amount - alone).abs() <= 1);
            }
        }
    }
}
