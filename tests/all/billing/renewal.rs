//! Renewals: one invoice for each period, whatever happens.

use anyhow::Result;
use portal_client::pb::{self, InvoiceState, SubscriptionState};
use tenantry::{
    billing::{due, plan::price::Cadence, subscription},
    clock::Clock,
    serve, work,
};
use tenantry_tests::{Database, Harness, both};

use super::books::{Books, TERM, Terms, minor, moment};

both! {
    async fn periods_are_billed_one_after_the_other(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-31T08:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let subscription = books.subscription(acme).await?;
        assert_eq!((subscription.state(), subscription.anchor_day), (SubscriptionState::Active, 31));
        assert_eq!(moment(&subscription.next_invoice_time), "2026-02-27T23:00:00+00:00");

        // Not a moment before local midnight.
        books.at("2026-02-27T22:59:50Z").await?;
        assert_eq!(books.invoices(acme).await?.len(), 1);
        books.at("2026-02-27T23:00:01Z").await?;
        assert_eq!(books.periods(acme).await?, ["2026-01-31 2026-02-28 4900", "2026-02-28 2026-03-31 4900"]);

        // A server that was away catches up in order, and once.
        books.at("2026-06-30T12:00:00Z").await?;
        books.due().await?;
        let periods = books.periods(acme).await?;
        assert_eq!(periods[2..], [
            "2026-03-31 2026-04-30 4900",
            "2026-04-30 2026-05-31 4900",
            "2026-05-31 2026-06-30 4900",
            "2026-06-30 2026-07-31 4900",
        ]);
        let numbers: Vec<_> = books.invoices(acme).await?.into_iter().map(|i| i.number).collect();
        assert_eq!(numbers, (1..=6).map(|n| format!("INV-{n:06}")).collect::<Vec<_>>());
        let subscription = books.subscription(acme).await?;
        assert_eq!((subscription.current_period_start.as_str(), subscription.current_period_end.as_str()), ("2026-06-30", "2026-07-31"));
        Ok(())
    }

    async fn an_invoice_is_due_at_midnight_where_the_tenant_is(h: Harness) -> Result<()> {
        // The last hours of March in Vienna, when clocks change; 1 April has begun in Kiritimati.
        let books = Books::open(h.database(), "2026-03-20T11:00:00Z").await?;
        let vienna = books.tenant("vienna", Terms::default()).await?;
        let far = books.tenant("far", Terms { time_zone: "Pacific/Kiritimati", ..Terms::default() }).await?;
        let invoice = &books.invoices(vienna).await?[0];
        assert_eq!(moment(&invoice.due_time), "2026-04-02T22:00:00+00:00");
        assert_eq!(invoice.period_start, "2026-03-20");
        let invoice = &books.invoices(far).await?[0];
        assert_eq!(moment(&invoice.due_time), "2026-04-03T10:00:00+00:00");
        assert_eq!(invoice.period_start, "2026-03-21");
        Ok(())
    }

    async fn a_tenant_that_moves_is_billed_at_its_new_midnight(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-03-20T11:00:00Z").await?;
        let acme = books.tenant("moves", Terms { time_zone: "Pacific/Kiritimati", ..Terms::default() }).await?;
        assert_eq!(moment(&books.subscription(acme).await?.next_invoice_time), "2026-04-20T10:00:00+00:00");
        let request = pb::GetTenantRequest { tenant_id: acme.to_string() };
        let tenant = pb::Tenant { time_zone: "Pacific/Niue".into(), ..books.master().get_tenant(request).await? };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["time_zone".into()] });
        books.master().update_tenant(pb::UpdateTenantRequest { tenant: Some(tenant), update_mask, ..Default::default() }).await?;
        let moved = books.subscription(acme).await?;
        assert_eq!(moment(&moved.next_invoice_time), "2026-04-21T11:00:00+00:00");
        assert_eq!(moved.current_period_end, "2026-04-21");
        Ok(())
    }

    async fn a_short_first_period_is_prorated(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2025-10-08T10:00:00Z").await?;
        let terms = Terms { cadence: Cadence::Quarterly, amount: 9000, anchor_day: 1, ..Terms::default() };
        let acme = books.tenant("acme", terms).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        assert_eq!(invoice.lines.len(), 1);
        let line = &invoice.lines[0];
        assert_eq!((line.position, line.quantity, line.days, line.period_days), (1, 1, 85, 92));
        assert_eq!((minor(&line.unit_amount), minor(&line.amount), minor(&invoice.total)), (9000, 8315, 8315));
        assert_eq!((minor(&invoice.amount_due), invoice.state(), invoice.overdue), (8315, InvoiceState::Open, false));
        books.at("2026-04-01T12:00:00Z").await?;
        assert_eq!(books.periods(acme).await?, [
            "2025-10-08 2026-01-01 8315",
            "2026-01-01 2026-04-01 9000",
            "2026-04-01 2026-07-01 9000",
        ]);
        Ok(())
    }

    async fn nothing_is_left_to_pay_of_an_invoice_over_nothing(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms { amount: 0, ..Terms::default() }).await?;
        let invoice = books.invoices(acme).await?.remove(0);
        assert_eq!((invoice.state(), minor(&invoice.total), minor(&invoice.amount_due)), (InvoiceState::Paid, 0, 0));
        books.at("2026-01-30T10:00:00Z").await?;
        assert_eq!(books.subscription(acme).await?.state(), SubscriptionState::Active);
        Ok(())
    }

    async fn a_row_that_cannot_be_billed_does_not_stop_the_others(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let broken = books.tenant("broken", Terms::default()).await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        books.change(broken, async |tx| {
            let tenant = tx.lock::<tenantry::tenancy::tenant::entity::Entity>(broken).await?;
            tx.update(&tenant, |t| t.time_zone = "Mars/Base".into()).await.map(|_| ())
        }).await?;
        books.clock.set_business("2026-02-02T10:00:00Z".parse()?);
        let mut last = due::run(&books.cx()).await;
        while let Ok(true) = last {
            last = due::run(&books.cx()).await;
        }
        assert!(last.is_err());
        assert_eq!(books.invoices(acme).await?.len(), 2);
        assert_eq!(books.invoices(broken).await?.len(), 1);
        // Nothing of the failed invoice is left: its number was given to the other.
        assert_eq!(books.invoices(acme).await?[1].number, "INV-000003");
        Ok(())
    }

    async fn a_subscription_is_past_due_until_it_is_paid(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let state = async || anyhow::Ok(books.subscription(acme).await?.state());
        books.at("2026-01-14T22:59:00Z").await?;
        assert_eq!(state().await?, SubscriptionState::Active);
        books.at("2026-01-14T23:00:01Z").await?;
        assert_eq!(state().await?, SubscriptionState::PastDue);
        // It is billed on.
        books.at("2026-02-01T10:00:00Z").await?;
        books.at("2026-02-20T10:00:00Z").await?;
        let invoices = books.invoices(acme).await?;
        assert_eq!(invoices.iter().map(|i| i.overdue).collect::<Vec<_>>(), [true, true]);
        books.pay(&invoices[0], 4900).await?;
        assert_eq!(state().await?, SubscriptionState::PastDue);
        books.pay(&invoices[1], 4899).await?;
        assert_eq!(state().await?, SubscriptionState::PastDue);
        books.pay(&invoices[1], 1).await?;
        assert_eq!(state().await?, SubscriptionState::Active);
        Ok(())
    }

    async fn activation_happens_once(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let acme = books.tenant("acme", Terms::default()).await?;
        let before = books.subscription(acme).await?;
        books.at("2026-01-20T10:00:00Z").await?;
        let before_at = books.subscription(acme).await?;
        books.change(acme, async |tx| subscription::activate(tx, acme, TERM).await.map(|_| ())).await?;
        assert_eq!(books.subscription(acme).await?, before_at);
        assert_eq!(before.start_time, before_at.start_time);
        assert_eq!(books.invoices(acme).await?.len(), 1);
        Ok(())
    }
}

/// Two servers on one database, both at work on the same rows.
#[test]
fn postgres_servers_that_compete_make_each_invoice_once() -> Result<()> {
    tenantry_tests::run(Database::Postgres, async |_| {
        let books = Books::open(Database::Postgres, "2026-01-31T08:00:00Z").await?;
        let mut tenants = Vec::new();
        for n in 0..20 {
            tenants.push(books.tenant(&format!("isp-{n}"), Terms::default()).await?);
        }
        let mut settings = books.settings.clone();
        settings.data_dir = tempfile::tempdir()?.keep();
        std::os::unix::fs::symlink(books.settings.keys_dir(), settings.data_dir.join("keys"))?;
        let clock = Clock::default();
        let now = "2026-06-15T08:00:00Z".parse()?;
        clock.set_business(now);
        books.clock.set_business(now);
        let second = serve::start(settings, clock).await?;

        let passes = [&books.running.app, &second.app, &books.running.app, &second.app].map(|app| {
            let cx = work::cx(app);
            tokio::spawn(async move {
                while due::run(&cx).await? {}
                anyhow::Ok(())
            })
        });
        for pass in passes {
            pass.await??;
        }
        for tenant in &tenants {
            assert_eq!(books.periods(*tenant).await?.len(), 5);
        }
        let all = pb::ListInvoicesRequest {
            order_by: "create_time".into(),
            page_size: 200,
            ..Default::default()
        };
        let all = books.master().list_invoices(all).await?;
        let mut numbers: Vec<_> = all.invoices.into_iter().map(|i| i.number).collect();
        numbers.sort();
        assert_eq!(numbers, (1..=100).map(|n| format!("INV-{n:06}")).collect::<Vec<_>>());
        second.stop().await;
        Ok(())
    })
}
