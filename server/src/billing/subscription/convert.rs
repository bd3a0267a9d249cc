//! Subscriptions on the wire.

use super::entity::Model;
use crate::{
    convert::{etag, money, timestamp},
    store::Page,
};
use tenantry_proto::v1 as pb;

impl From<Model> for pb::Subscription {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.to_string(),
            tenant_id: row.tenant_id.to_string(),
            plan_id: row.plan_id.to_string(),
            price_id: row.price_id.to_string(),
            amount: Some(money(&row.currency, row.amount)),
            cadence: row.cadence.number(),
            state: row.state.number(),
            anchor_day: i32::try_from(row.anchor_day).unwrap_or_default(),
            current_period_start: row.period_start.map(|day| day.to_string()).unwrap_or_default(),
            current_period_end: row.period_end.map(|day| day.to_string()).unwrap_or_default(),
            next_invoice_time: row.next_invoice_at.map(timestamp),
            start_time: row.started_at.map(timestamp),
            end_time: row.ended_at.map(timestamp),
            create_time: Some(timestamp(row.created_at)),
            etag: etag(row.row_version),
        }
    }
}

impl From<Page<Model>> for pb::ListSubscriptionsResponse {
    fn from(page: Page<Model>) -> Self {
        Self {
            subscriptions: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}
