//! Payments on the wire.

use super::{
    NewPayment,
    entity::{Model, PaymentMethod},
};
use crate::{
    convert::{Check, money, timestamp},
    store::Page,
};
use tenantry_proto::v1 as pb;

impl From<Model> for pb::Payment {
    fn from(row: Model) -> Self {
        Self {
            id: row.id.to_string(),
            tenant_id: row.tenant_id.to_string(),
            invoice_id: row.invoice_id.to_string(),
            amount: Some(money(&row.currency, row.amount)),
            method: row.method.number(),
            reference: row.reference,
            receive_time: Some(timestamp(row.received_at)),
            create_time: Some(timestamp(row.created_at)),
        }
    }
}

impl From<Page<Model>> for pb::ListPaymentsResponse {
    fn from(page: Page<Model>) -> Self {
        Self {
            payments: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}

impl From<pb::RecordPaymentRequest> for NewPayment {
    fn from(request: pb::RecordPaymentRequest) -> Self {
        let mut wrong = Check::default();
        wrong.request_id(&request.request_id);
        let payment = request.payment.unwrap_or_default();
        let invoice_id = wrong.id("payment.invoice_id", &payment.invoice_id);
        let method = PaymentMethod::from_number(payment.method);
        if method.is_none() {
            wrong.bad(
                "payment.method",
                "must be PAYMENT_METHOD_BANK_TRANSFER, PAYMENT_METHOD_CASH, PAYMENT_METHOD_CHEQUE or PAYMENT_METHOD_OTHER",
            );
        }
        if payment.amount.is_none() {
            wrong.bad("payment.amount", "must be given");
        }
        let amount = payment.amount.unwrap_or_default();
        if amount.minor_units <= 0 {
            wrong.bad("payment.amount.minor_units", "must be more than zero");
        }
        Self {
            invoice_id,
            etag: request.etag,
            currency: amount.currency_code,
            amount: amount.minor_units,
            method: method.unwrap_or(PaymentMethod::Other),
            reference: wrong.text("payment.reference", &payment.reference, 0, 100),
            received_at: wrong.time("payment.receive_time", payment.receive_time),
            wrong,
        }
    }
}
