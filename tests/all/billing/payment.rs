//! Payments that are recorded by hand.

use anyhow::{Context, Result};
use futures::{StreamExt, future::try_join_all, stream};
use portal_client::{
    Code,
    pb::{self, InvoiceState},
};
use tenantry_tests::{Harness, Refused, both, make};

use super::books::{Books, Terms, minor, moment};

/// So many of a hundred payments are on their way at a time: each of them writes, all wait for one row, and none so long that it gives up.
const AT_ONCE: usize = 20;

both! {
    async fn an_invoice_is_paid_in_parts(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        let first = books.pay(&invoice, 1999).await?;
        assert_eq!((first.tenant_id.as_str(), minor(&first.amount)), (invoice.tenant_id.as_str(), 1999));
        let partly = books.invoices(acme).await?.remove(0);
        assert_eq!((partly.state(), minor(&partly.amount_paid), minor(&partly.amount_due)), (InvoiceState::PartlyPaid, 1999, 2901));
        let mut request = make::payment(&invoice.id, make::money("EUR", 2901));
        request.payment.as_mut().context("a payment")?.receive_time = Some(prost_types::Timestamp { seconds: 1_767_225_600, nanos: 0 });
        books.master().record_payment(request).await?;
        let paid = books.invoices(acme).await?.remove(0);
        assert_eq!((paid.state(), minor(&paid.amount_paid), minor(&paid.amount_due)), (InvoiceState::Paid, 4900, 0));
        assert_eq!(moment(&paid.paid_time), "2026-01-01T00:00:00+00:00");
        assert_eq!((&paid.lines, &paid.number), (&invoice.lines, &invoice.number));
        let refused = books.pay(&invoice, 1).await.refused(Code::FailedPrecondition)?;
        assert_eq!(refused.reason, "INVOICE_NOT_OWED");
        let list = pb::ListPaymentsRequest { filter: format!("invoice_id = {}", invoice.id), order_by: "receive_time".into(), ..Default::default() };
        let list = books.master().list_payments(list).await?;
        assert_eq!(list.payments.iter().map(|p| minor(&p.amount)).collect::<Vec<_>>(), [2901, 1999]);
        Ok(())
    }

    async fn everything_that_is_wrong_with_a_payment_is_told_at_once(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        let request = pb::RecordPaymentRequest {
            request_id: String::new(),
            payment: Some(pb::Payment {
                invoice_id: invoice.id.clone(),
                amount: Some(make::money("USD", 4901)),
                method: 99,
                reference: "x".repeat(101),
                receive_time: Some(prost_types::Timestamp { seconds: 1_800_000_000, nanos: 0 }),
                ..Default::default()
            }),
            etag: String::new(),
        };
        let mut fields = books.master().record_payment(request.clone()).await.violations()?;
        fields.sort();
        assert_eq!(fields, [
            "payment.amount.currency_code", "payment.amount.minor_units", "payment.method", "payment.receive_time",
            "payment.reference", "request_id",
        ]);
        for amount in [0, -1, i64::MIN, 4901, i64::MAX] {
            assert_eq!(books.pay(&invoice, amount).await.violations()?, ["payment.amount.minor_units"], "{amount}");
        }
        let nothing = books.master().record_payment(pb::RecordPaymentRequest::default()).await.violations()?;
        assert_eq!(nothing, ["request_id", "payment.invoice_id", "payment.method", "payment.amount", "payment.amount.minor_units"]);
        let nobody = make::payment(&format!("inv_{}", "0".repeat(32)), make::money("EUR", 1));
        books.master().record_payment(nobody).await.refused(Code::NotFound)?;
        assert_eq!(books.invoices(acme).await?, [invoice]);
        Ok(())
    }

    async fn a_repeated_request_pays_once(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        let request = make::payment(&invoice.id, make::money("EUR", 100));
        let answers = try_join_all((0..100).map(|_| books.record(request.clone()))).await?;
        assert!(answers.iter().all(|a| *a == answers[0]));
        assert_eq!(minor(&books.invoices(acme).await?[0].amount_paid), 100);
        let mut other = request.clone();
        other.payment.as_mut().context("a payment")?.amount = Some(make::money("EUR", 101));
        books.master().record_payment(other).await.refused(Code::AlreadyExists)?;
        Ok(())
    }

    /// Of two who record the same transfer at once, one is told.
    async fn a_payment_is_for_the_invoice_as_it_was_seen(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        let seen = || pb::RecordPaymentRequest {
            etag: invoice.etag.clone(),
            ..make::payment(&invoice.id, make::money("EUR", 100))
        };
        books.record(seen()).await?;
        books.record(seen()).await.refused(Code::Aborted)?;
        assert_eq!(minor(&books.invoices(acme).await?[0].amount_paid), 100);
        Ok(())
    }

    async fn payments_at_once_never_exceed_the_total(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let nord = books.master().create_reseller(make::reseller("nord")).await?;
        let acme = books.tenant("acme", Terms { reseller: Some(nord.id), ..Terms::default() }).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        // 51 times 0.95 fit into 49.00.
        let answers: Vec<_> = stream::iter((0..100).map(|_| books.pay(&invoice, 95))).buffer_unordered(AT_ONCE).collect().await;
        let (paid, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(paid.len(), 51);
        for error in refused {
            assert_eq!(error.violations()?, ["payment.amount.minor_units"]);
        }
        books.pay(&invoice, 55).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        assert_eq!((invoice.state(), minor(&invoice.amount_paid)), (InvoiceState::Paid, 4900));
        let earned = books.commissions("").await?;
        assert_eq!((earned.len(), earned.iter().map(|c| minor(&c.amount)).sum::<i64>()), (52, 490));
        Ok(())
    }

    async fn a_tenant_reads_nothing_of_a_commission(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let nord = books.master().create_reseller(make::reseller("nord")).await?;
        let acme = books.tenant("acme", Terms { reseller: Some(nord.id), ..Terms::default() }).await?;
        books.pay(&books.invoices(acme).await?[0], 4900).await?;
        use tenantry::store::audit_entry::{Column, Entity};
        let cx = books.cx();
        let entries = cx.find::<Entity>().with(Column::Action, "payment.record").all().await?;
        assert_eq!(entries.len(), 2);
        for entry in entries {
            let fields = entry.changes.to_string();
            assert_eq!(entry.tenant_id.is_some(), entry.subject_kind == "payment");
            assert_eq!(entry.reseller_id.is_some(), fields.contains("rate_ppm"), "{fields}");
            assert_eq!(entry.tenant_id.is_some(), fields.contains("invoice.amount_paid"), "{fields}");
        }
        Ok(())
    }
}
