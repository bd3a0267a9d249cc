//! What resellers earn.

use anyhow::{Context, Result};
use portal_client::pb::{self, CommissionKind, CommissionState, ResellerState};
use tenantry_tests::{Harness, both, make};

use super::books::{Books, Terms, minor, moment};

fn paths(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask {
        paths: paths.iter().map(|p| (*p).to_owned()).collect(),
    })
}

both! {
    async fn the_first_invoice_and_so_many_later_ones_earn(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let mut request = make::reseller("nord");
        let terms = request.reseller.as_mut().and_then(|r| r.agreement.as_mut()).context("terms")?;
        (terms.recurring_invoices, terms.hold_days) = (2, 30);
        let nord = books.master().create_reseller(request).await?;
        let acme = books.tenant("acme", Terms { reseller: Some(nord.id.clone()), ..Terms::default() }).await?;
        let direct = books.tenant("direct", Terms::default()).await?;
        books.at("2026-05-02T10:00:00Z").await?;
        for id in [acme, direct] {
            for invoice in books.invoices(id).await? {
                books.pay(&invoice, 4900).await?;
            }
        }
        let earned: Vec<_> = books.commissions("").await?.iter().map(|c| (c.kind(), c.rate_ppm, minor(&c.base), minor(&c.amount))).collect();
        assert_eq!(earned, [
            (CommissionKind::Initial, 100_000, 4900, 490),
            (CommissionKind::Recurring, 50_000, 4900, 245),
            (CommissionKind::Recurring, 50_000, 4900, 245),
        ]);
        let first = books.commissions("").await?.remove(0);
        assert_eq!((first.reseller_id, first.customer_id, first.customer_name.as_str()), (nord.id, acme.to_string(), "Tenant acme"));
        assert_eq!((first.invoice_number.as_str(), first.agreement_version), ("INV-000001", 1));
        assert_eq!(moment(&first.hold_until_time), "2026-05-31T22:00:00+00:00");
        Ok(())
    }

    async fn a_commission_is_held_until_local_midnight(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-03-15T10:00:00Z").await?;
        let nord = books.master().create_reseller(make::reseller("nord")).await?;
        let acme = books.tenant("acme", Terms { reseller: Some(nord.id), ..Terms::default() }).await?;
        books.pay(&books.invoices(acme).await?[0], 4900).await?;
        let state = async || anyhow::Ok(books.commissions("").await?[0].state());
        books.at("2026-04-13T21:59:50Z").await?;
        assert_eq!(state().await?, CommissionState::Pending);
        books.at("2026-04-13T22:00:01Z").await?;
        assert_eq!(state().await?, CommissionState::Approved);
        assert_eq!(books.commissions("state = APPROVED AND kind = INITIAL").await?.len(), 1);
        Ok(())
    }

    async fn a_payment_earns_by_the_terms_of_its_time(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let nord = books.master().create_reseller(make::reseller("nord")).await?;
        let acme = books.tenant("acme", Terms { reseller: Some(nord.id.clone()), ..Terms::default() }).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        books.pay(&invoice, 333).await?;
        books.at("2026-01-05T10:00:00Z").await?;
        let agreement = pb::CommissionAgreement { initial_rate_ppm: 200_000, ..nord.agreement.context("terms")? };
        let change = pb::Reseller { id: nord.id.clone(), agreement: Some(agreement), ..Default::default() };
        let request = pb::UpdateResellerRequest { reseller: Some(change.clone()), update_mask: paths(&["agreement"]), ..Default::default() };
        let changed = books.master().update_reseller(request.clone()).await?;
        assert_eq!(changed.agreement.map(|a| a.version), Some(2));
        assert_ne!(changed.etag, nord.etag);
        // The same terms again are no new version.
        assert_eq!(books.master().update_reseller(request).await?, changed);
        // A reseller who brings nobody any more earns on.
        let inactive = pb::Reseller { id: nord.id.clone(), state: ResellerState::Inactive.into(), ..Default::default() };
        let request = pb::UpdateResellerRequest { reseller: Some(inactive), update_mask: paths(&["state"]), ..Default::default() };
        assert_eq!(books.master().update_reseller(request).await?.state(), ResellerState::Inactive);
        books.pay(&invoice, 333).await?;
        // Money that came before the change earns by the terms of then, even if it is recorded later.
        let mut late = make::payment(&invoice.id, make::money("EUR", 333));
        late.payment.as_mut().context("a payment")?.receive_time = Some(prost_types::Timestamp { seconds: 1_767_340_800, nanos: 0 });
        books.master().record_payment(late).await?;
        let earned: Vec<_> = books.commissions("").await?.iter().map(|c| (c.agreement_version, c.rate_ppm, minor(&c.amount))).collect();
        assert_eq!(earned, [(1, 100_000, 33), (2, 200_000, 67), (1, 100_000, 33)]);
        Ok(())
    }
}
