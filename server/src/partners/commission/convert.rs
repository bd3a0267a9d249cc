//! Commissions on the wire.

use super::entity::Model;
use crate::{
    convert::{money, timestamp},
    store::Page,
};
use tenantry_proto::v1 as pb;

impl From<Model> for pb::Commission {
    fn from(row: Model) -> Self {
        let small = |number| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            id: row.id.to_string(),
            reseller_id: row.reseller_id.to_string(),
            customer_id: row.customer_id.to_string(),
            customer_name: row.customer_name,
            invoice_id: row.invoice_id.to_string(),
            invoice_number: row.invoice_number,
            payment_id: row.payment_id.to_string(),
            kind: row.kind.number(),
            state: row.state.number(),
            base: Some(money(&row.currency, row.base)),
            rate_ppm: small(row.rate_ppm),
            amount: Some(money(&row.currency, row.amount)),
            agreement_version: small(row.agreement_version),
            hold_until_time: Some(timestamp(row.hold_until)),
            create_time: Some(timestamp(row.created_at)),
        }
    }
}

impl From<Page<Model>> for pb::ListCommissionsResponse {
    fn from(page: Page<Model>) -> Self {
        Self {
            commissions: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}
