//! Invoices on the wire.

use super::{Invoice, line};
use crate::{
    convert::{etag, money, timestamp},
    store::Page,
};
use tenantry_proto::v1 as pb;

impl From<Invoice> for pb::Invoice {
    fn from(Invoice { row, lines, overdue }: Invoice) -> Self {
        let money = |minor| Some(money(&row.currency, minor));
        Self {
            id: row.id.to_string(),
            tenant_id: row.tenant_id.to_string(),
            subscription_id: row.subscription_id.to_string(),
            state: row.state.number(),
            period_start: row.period_start.to_string(),
            period_end: row.period_end.to_string(),
            lines: lines.into_iter().map(|l| line(l, &row.currency)).collect(),
            total: money(row.total),
            amount_paid: money(row.amount_paid),
            amount_due: money(row.due()),
            finalize_time: row.finalized_at.map(timestamp),
            due_time: row.due_at.map(timestamp),
            paid_time: row.paid_at.map(timestamp),
            overdue,
            create_time: Some(timestamp(row.created_at)),
            etag: etag(row.row_version),
            number: row.number.unwrap_or_default(),
        }
    }
}

fn line(l: line::Model, currency: &str) -> pb::InvoiceLine {
    let small = |number| i32::try_from(number).unwrap_or(i32::MAX);
    pb::InvoiceLine {
        position: small(l.position),
        description: l.description,
        quantity: l.quantity,
        unit_amount: Some(money(currency, l.unit_amount)),
        days: small(l.days),
        period_days: small(l.period_days),
        amount: Some(money(currency, l.amount)),
    }
}

impl From<Page<Invoice>> for pb::ListInvoicesResponse {
    fn from(page: Page<Invoice>) -> Self {
        Self {
            invoices: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}
