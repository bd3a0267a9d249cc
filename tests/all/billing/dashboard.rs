//! The figures of the first pages, against the lists behind them.

use anyhow::{Context, Result};
use portal_client::pb::{self, TenantState};
use tenantry::billing::{plan::price::Cadence, subscription};
use tenantry_tests::{Harness, accept, both, make};

use super::books::{Books, Terms, minor};

fn amounts(list: &[pb::Money]) -> Vec<(&str, i64)> {
    list.iter().map(|m| (m.currency_code.as_str(), m.minor_units)).collect()
}

both! {
    async fn the_vendor_sees_its_business(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-10T10:00:00Z").await?;
        let page = async || anyhow::Ok(books.master().get_dashboard(pb::GetDashboardRequest {}).await?);
        let empty = page().await?;
        assert_eq!((empty.tenants.len(), empty.mrr.len(), empty.mrr_history.len(), empty.overdue_invoices), (0, 0, 12, 0));

        books.tenant("monthly", Terms::default()).await?;
        // 100.00 a quarter are 33.33 a month, 70.00 a year 5.83.
        books.tenant("quarterly", Terms { cadence: Cadence::Quarterly, amount: 10_000, ..Terms::default() }).await?;
        books.at("2026-02-20T10:00:00Z").await?;
        let yearly = books.tenant("yearly", Terms { cadence: Cadence::Yearly, amount: 7_000, ..Terms::default() }).await?;
        books.at("2026-03-05T10:00:00Z").await?;
        let gone = books.tenant("gone", Terms { amount: 1_000, ..Terms::default() }).await?;
        books.at("2026-03-20T10:00:00Z").await?;
        books.change(gone, async |tx| subscription::cancel(tx, gone).await).await?;
        books.change(yearly, async |tx| subscription::suspend(tx, yearly).await).await?;
        books.pending("pending", Terms::default()).await?;

        let now = page().await?;
        assert_eq!(now.tenants, [pb::TenantCount { state: TenantState::Active.into(), count: 5 }]);
        assert_eq!((now.new_tenants, now.previous_new_tenants), (3, 0));
        assert_eq!(amounts(&now.mrr), [("EUR", 4900 + 3333 + 583)]);
        assert_eq!(amounts(&now.previous_mrr), [("EUR", 4900 + 3333)]);
        let history: Vec<_> = now.mrr_history.iter().map(|p| (p.month.as_str(), amounts(&p.mrr))).collect();
        assert_eq!(history[0], ("2025-04", vec![]));
        assert_eq!(history[8], ("2025-12", vec![]));
        assert_eq!(history[9], ("2026-01", vec![("EUR", 8233)]));
        assert_eq!(history[10], ("2026-02", vec![("EUR", 8816)]));
        assert_eq!(history[11], ("2026-03", vec![("EUR", 8816)]));

        let behind = pb::ListInvoicesRequest {
            filter: "(state = OPEN OR state = PARTLY_PAID) AND due_time <= \"2026-03-20T10:00:00Z\"".into(),
            order_by: "due_time".into(),
            ..Default::default()
        };
        let behind = books.master().list_invoices(behind).await?;
        assert!(behind.total_size > 2);
        assert_eq!(now.overdue_invoices, behind.total_size);
        let due: i64 = behind.invoices.iter().map(|i| minor(&i.amount_due)).sum();
        assert_eq!(amounts(&now.overdue), [("EUR", due)]);
        assert_eq!(now.overdue_invoice_list, behind.invoices);
        assert!(now.overdue_invoice_list.iter().all(|i| i.overdue && i.lines.len() == 1));
        assert_eq!((now.deployments.len(), now.operations.len()), (0, 0));
        Ok(())
    }

    async fn an_isp_sees_what_it_owes(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-10T10:00:00Z").await?;
        let acme = books.pending("acme", Terms { anchor_day: 1, ..Terms::default() }).await?;
        books.tenant("other", Terms::default()).await?;
        let invited = books.master().invite_user(pb::InviteUserRequest { tenant_id: acme.to_string(), ..make::user("acme", pb::Role::TenantViewer) });
        let link = invited.await?.invitation.context("a link")?.url;
        let viewer = accept(&books.origin(), pb::Portal::Tenant, &link).await?;
        let page = async || anyhow::Ok(viewer.tenant().get_dashboard(pb::GetDashboardRequest {}).await?);

        // Billing has not started: 22 of 31 days, if it did today.
        let before = page().await?;
        assert_eq!((before.invoices.len(), before.open_amount.len(), before.deployments.len()), (0, 0, 0));
        assert_eq!(before.next_invoice_amount, Some(make::money("EUR", 3477)));
        books.change(acme, async |tx| subscription::activate(tx, acme, 14).await.map(|_| ())).await?;
        books.at("2026-07-02T10:00:00Z").await?;
        let invoices = books.invoices(acme).await?;
        books.pay(&invoices[0], 3477).await?;
        books.pay(&invoices[1], 900).await?;

        let after = page().await?;
        assert_eq!(after.tenant.context("the tenant")?.id, acme.to_string());
        assert_eq!(after.subscription, Some(books.subscription(acme).await?));
        assert_eq!((after.plan_name.as_str(), after.next_invoice_amount), ("Plan fibre", Some(make::money("EUR", 4900))));
        assert_eq!(amounts(&after.open_amount), [("EUR", 6 * 4900 - 900)]);
        let mut newest = books.invoices(acme).await?;
        newest.reverse();
        assert_eq!(after.invoices, newest[..5]);
        let list = viewer.tenant().list_invoices(pb::ListInvoicesRequest::default()).await?;
        assert_eq!(list.invoices, newest);
        assert_eq!(viewer.tenant().list_payments(pb::ListPaymentsRequest::default()).await?.total_size, 2);
        assert_eq!(viewer.tenant().list_subscriptions(pb::ListSubscriptionsRequest::default()).await?.total_size, 1);

        books.change(acme, async |tx| subscription::suspend(tx, acme).await).await?;
        assert_eq!(page().await?.next_invoice_amount, None);
        books.change(acme, async |tx| subscription::cancel(tx, acme).await).await?;
        let ended = page().await?;
        assert_eq!((ended.subscription, ended.plan_name.as_str(), ended.next_invoice_amount), (None, "", None));
        Ok(())
    }

    async fn a_reseller_sees_what_it_earned(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-10T10:00:00Z").await?;
        let nord = books.reseller("nord").await?;
        let agent = nord.agent().await?;
        let page = async || anyhow::Ok(agent.reseller().get_dashboard(pb::GetDashboardRequest {}).await?);
        let before = page().await?;
        assert_eq!((before.customers.len(), before.mrr.len(), before.earned.len(), before.newest_customers.len()), (0, 0, 0, 0));

        let acme = books.tenant("acme", Terms { reseller: Some(nord.id.clone()), ..Terms::default() }).await?;
        let direct = books.tenant("direct", Terms::default()).await?;
        books.pay(&books.invoices(direct).await?[0], 4900).await?;
        books.pay(&books.invoices(acme).await?[0], 4900).await?;
        books.at("2026-02-12T10:00:00Z").await?;
        books.pay(&books.invoices(acme).await?[1], 4900).await?;

        let after = page().await?;
        assert_eq!(after.reseller.context("the reseller")?.id, nord.id);
        assert_eq!(after.customers, [pb::TenantCount { state: TenantState::Active.into(), count: 1 }]);
        assert_eq!(after.newest_customers.iter().map(|t| t.id.clone()).collect::<Vec<_>>(), [acme.to_string()]);
        assert_eq!(amounts(&after.mrr), [("EUR", 4900)]);
        assert_eq!((amounts(&after.earned), amounts(&after.previous_earned)), (vec![("EUR", 245)], vec![("EUR", 490)]));
        assert_eq!((amounts(&after.pending), amounts(&after.approved)), (vec![("EUR", 245)], vec![("EUR", 490)]));
        let list = agent.reseller().list_commissions(pb::ListCommissionsRequest::default()).await?;
        assert_eq!(list.commissions.iter().map(|c| minor(&c.amount)).collect::<Vec<_>>(), [245, 490]);
        let commission = list.commissions[0].clone();
        let get = pb::GetCommissionRequest { commission_id: commission.id.clone() };
        assert_eq!(agent.reseller().get_commission(get).await?, commission);
        Ok(())
    }
}
