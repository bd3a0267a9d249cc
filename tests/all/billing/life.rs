//! What a tenant's life does to its bill.

use anyhow::Result;
use futures::future::try_join_all;
use portal_client::pb::{self, CommissionState, InvoiceState, SubscriptionState};
use tenantry::{
    billing::{plan::price::Cadence, subscription},
    tenancy::tenant::entity::{Entity as Tenants, TenantState},
};
use tenantry_tests::{Harness, both, make};

use super::books::{Books, TERM, Terms, moment};

both! {
    async fn a_failed_onboarding_leaves_no_subscription(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.pending("acme", Terms::default()).await?;
        assert_eq!(books.subscription(acme).await?.state(), SubscriptionState::Pending);
        for _ in 0..2 {
            books.change(acme, async |tx| subscription::discard(tx, acme).await).await?;
            assert_eq!(books.subscriptions(acme).await?, []);
        }
        Ok(())
    }

    async fn a_failed_onboarding_is_not_billed(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let nord = books.master().create_reseller(make::reseller("nord")).await?;
        let acme = books.tenant("acme", Terms { reseller: Some(nord.id), ..Terms::default() }).await?;
        books.pay(&books.invoices(acme).await?[0], 1000).await?;
        books.change(acme, async |tx| subscription::discard(tx, acme).await).await?;
        let subscription = books.subscription(acme).await?;
        assert_eq!(subscription.state(), SubscriptionState::Canceled);
        assert_eq!(subscription.end_time, subscription.start_time);
        assert_eq!(subscription.next_invoice_time, None);
        let invoice = books.invoices(acme).await?.remove(0);
        assert_eq!((invoice.state(), invoice.amount_due), (InvoiceState::Void, Some(make::money("EUR", 0))));
        let states: Vec<_> = books.commissions("").await?.iter().map(pb::Commission::state).collect();
        assert_eq!(states, [CommissionState::Rejected]);
        books.at("2026-04-01T10:00:00Z").await?;
        assert_eq!(books.invoices(acme).await?.len(), 1);
        assert_eq!(books.commissions("").await?[0].state(), CommissionState::Rejected);
        Ok(())
    }

    async fn a_suspension_within_a_period_changes_no_bill(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let before = books.subscription(acme).await?;
        books.at("2026-01-10T10:00:00Z").await?;
        books.change(acme, async |tx| subscription::suspend(tx, acme).await).await?;
        let held = books.subscription(acme).await?;
        assert_eq!((held.state(), held.next_invoice_time), (SubscriptionState::Suspended, None));
        books.at("2026-01-14T10:00:00Z").await?;
        books.change(acme, async |tx| subscription::resume(tx, acme, TERM).await).await?;
        let after = books.subscription(acme).await?;
        assert_eq!((after.state(), after.next_invoice_time), (SubscriptionState::Active, before.next_invoice_time));
        books.at("2026-02-01T10:00:00Z").await?;
        assert_eq!(books.periods(acme).await?, ["2026-01-01 2026-02-01 4900", "2026-02-01 2026-03-01 4900"]);
        Ok(())
    }

    async fn a_suspended_tenant_can_pay(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        books.at("2026-01-20T10:00:00Z").await?;
        assert_eq!(books.subscription(acme).await?.state(), SubscriptionState::PastDue);
        books.change(acme, async |tx| subscription::suspend(tx, acme).await).await?;
        books.pay(&books.invoices(acme).await?[0], 4900).await?;
        assert_eq!(books.invoices(acme).await?[0].state(), InvoiceState::Paid);
        assert_eq!(books.subscription(acme).await?.state(), SubscriptionState::Suspended);
        books.change(acme, async |tx| subscription::resume(tx, acme, TERM).await).await?;
        assert_eq!(books.subscription(acme).await?.state(), SubscriptionState::Active);
        Ok(())
    }

    async fn periods_that_passed_in_a_suspension_are_not_billed(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let other = books.tenant("other", Terms { cadence: Cadence::Quarterly, amount: 9000, ..Terms::default() }).await?;
        for id in [acme, other] {
            books.change(id, async |tx| subscription::suspend(tx, id).await).await?;
        }
        books.at("2026-05-17T10:00:00Z").await?;
        assert_eq!(books.invoices(acme).await?.len(), 1);
        for id in [acme, other] {
            books.change(id, async |tx| subscription::resume(tx, id, TERM).await).await?;
        }
        // 15 of 31 days; 45 of 91 days: quarters are counted from January.
        assert_eq!(books.periods(acme).await?[1..], ["2026-05-17 2026-06-01 2371"]);
        assert_eq!(books.periods(other).await?[1..], ["2026-05-17 2026-07-01 4451"]);
        // The first invoice was never paid.
        assert_eq!(books.subscription(acme).await?.state(), SubscriptionState::PastDue);
        books.at("2026-07-01T10:00:00Z").await?;
        assert_eq!(books.periods(acme).await?[2..], ["2026-06-01 2026-07-01 4900", "2026-07-01 2026-08-01 4900"]);
        assert_eq!(books.periods(other).await?[2..], ["2026-07-01 2026-10-01 9000"]);
        Ok(())
    }

    async fn a_deletion_ends_the_subscription_and_can_be_taken_back(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        books.at("2026-01-05T10:00:00Z").await?;
        books.change(acme, async |tx| subscription::cancel(tx, acme).await).await?;
        let ended = books.subscription(acme).await?;
        assert_eq!((ended.state(), ended.next_invoice_time), (SubscriptionState::Canceled, None));
        assert!(moment(&ended.end_time).starts_with("2026-01-05T10:00:0"));
        books.at("2026-02-15T10:00:00Z").await?;
        assert_eq!(books.invoices(acme).await?.len(), 1);
        books.change(acme, async |tx| subscription::reinstate(tx, acme, TERM).await).await?;
        let back = books.subscription(acme).await?;
        assert_eq!((&back.id, back.state(), back.end_time), (&ended.id, SubscriptionState::PastDue, None));
        assert_eq!(books.periods(acme).await?[1..], ["2026-02-15 2026-03-01 2450"]);
        Ok(())
    }

    async fn a_suspended_tenant_comes_back_suspended(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        books.change(acme, async |tx| subscription::suspend(tx, acme).await).await?;
        books.change(acme, async |tx| {
            subscription::cancel(tx, acme).await?;
            let tenant = tx.lock::<Tenants>(acme).await?;
            tx.update(&tenant, |t| t.resume_state = TenantState::Suspended).await.map(|_| ())
        }).await?;
        books.at("2026-03-01T10:00:00Z").await?;
        books.change(acme, async |tx| subscription::reinstate(tx, acme, TERM).await).await?;
        let back = books.subscription(acme).await?;
        assert_eq!((back.state(), back.next_invoice_time, back.end_time), (SubscriptionState::Suspended, None, None));
        assert_eq!(books.invoices(acme).await?.len(), 1);
        Ok(())
    }

    async fn a_tenant_without_a_subscription_has_nothing_to_bill(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.pending("acme", Terms::default()).await?;
        books.change(acme, async |tx| {
            subscription::discard(tx, acme).await?;
            subscription::discard(tx, acme).await?;
            subscription::suspend(tx, acme).await?;
            subscription::resume(tx, acme, TERM).await?;
            subscription::cancel(tx, acme).await?;
            subscription::reinstate(tx, acme, TERM).await?;
            assert_eq!(subscription::plan_of(tx, acme).await?, None);
            assert!(subscription::activate(tx, acme, TERM).await.is_err());
            Ok(())
        }).await?;
        assert_eq!(books.invoices(acme).await?, []);
        Ok(())
    }

    async fn suspensions_and_renewals_at_once_do_not_stand_in_each_others_way(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let mut tenants = Vec::new();
        for n in 0..5 {
            tenants.push(books.tenant(&format!("isp-{n}"), Terms::default()).await?);
        }
        let renewals = async {
            for month in 2..=12 {
                books.at(&format!("2026-{month:02}-05T10:00:00Z")).await?;
            }
            anyhow::Ok(())
        };
        let holds = try_join_all(tenants.iter().map(async |id| {
            let tenant_id = id.to_string();
            for _ in 0..10 {
                let reason = "A check".to_owned();
                books.master().suspend_tenant(pb::SuspendTenantRequest { tenant_id: tenant_id.clone(), reason, ..Default::default() }).await?;
                books.master().resume_tenant(pb::ResumeTenantRequest { tenant_id: tenant_id.clone(), ..Default::default() }).await?;
            }
            anyhow::Ok(())
        }));
        tokio::try_join!(renewals, holds)?;
        books.due().await?;
        for id in tenants {
            let invoices = books.invoices(id).await?;
            assert!(invoices.windows(2).all(|pair| pair[0].period_end <= pair[1].period_start), "{:?}", books.periods(id).await?);
            let last = invoices.last().map(|i| i.period_end.as_str());
            assert_eq!(last, Some("2027-01-01"));
        }
        Ok(())
    }
}
