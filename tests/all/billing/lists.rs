//! Every field that the contract names for a filter or an order.

use std::collections::BTreeSet;

use anyhow::Result;
use portal_client::pb;
use tenantry_tests::{Harness, both, make};

use super::books::{Books, Terms, minor};

/// Reads a list in pages of two, in each order, forwards and backwards; answers how many rows each filter leaves.
macro_rules! walk {
    ($books:expr, $rpc:ident, $request:ident, $rows:ident, orders: $orders:expr, filters: $filters:expr) => {{
        let (mut lengths, mut counts) = (BTreeSet::new(), Vec::new());
        for order in $orders {
            for order in [order.to_owned(), format!("{order} desc")] {
                let mut seen = Vec::new();
                let mut page_token = String::new();
                loop {
                    let request = pb::$request {
                        page_size: 2,
                        page_token,
                        order_by: order.clone(),
                        ..Default::default()
                    };
                    let page = $books.master().$rpc(request).await?;
                    seen.extend(page.$rows.into_iter().map(|row| row.id));
                    assert!(seen.len() as i64 <= page.total_size, "{order}");
                    page_token = page.next_page_token;
                    if page_token.is_empty() {
                        assert_eq!(seen.len() as i64, page.total_size, "{order}");
                        break;
                    }
                }
                lengths.insert(seen.len());
                assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{order}");
            }
        }
        assert_eq!(lengths.len(), 1);
        for filter in $filters {
            let request = pb::$request {
                filter: filter.to_owned(),
                ..Default::default()
            };
            counts.push($books.master().$rpc(request).await?.total_size);
        }
        counts
    }};
}

both! {
    async fn lists_can_be_filtered_and_sorted_as_the_contract_says(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let nord = books.master().create_reseller(make::reseller("nord")).await?;
        let ids = [
            books.tenant("one", Terms { reseller: Some(nord.id.clone()), amount: 1_000, ..Terms::default() }).await?,
            books.tenant("two", Terms { reseller: Some(nord.id.clone()), amount: 2_000, ..Terms::default() }).await?,
            books.tenant("three", Terms { amount: 2_000, ..Terms::default() }).await?,
        ];
        books.at("2026-02-02T10:00:00Z").await?;
        for id in ids {
            let first = books.invoices(id).await?.remove(0);
            books.pay(&first, minor(&first.total)).await?;
        }
        let [one, two, _] = ids;
        let subscription = books.subscription(one).await?;
        let invoice = books.invoices(one).await?.remove(0);
        let number = invoice.number.clone();
        let since = "create_time > \"2026-02-01T00:00:00Z\"";

        let filters = [format!("tenant_id = {one}"), format!("plan_id = {}", subscription.plan_id), "state = ACTIVE".into(), since.into()];
        assert_eq!(walk!(books, list_subscriptions, ListSubscriptionsRequest, subscriptions, orders: ["create_time"], filters: filters), [1, 3, 3, 0]);

        let filters = [
            format!("tenant_id = {one}"), format!("subscription_id = {}", subscription.id), format!("number = {number}"), "number : inv-".into(),
            "state = PAID".into(), "due_time < \"2026-02-01T00:00:00Z\"".into(), "total >= 2000".into(), since.into(),
            "NOT (state = PAID OR total < 2000)".into(),
        ];
        let orders = ["create_time", "due_time", "total", "total, due_time"];
        assert_eq!(walk!(books, list_invoices, ListInvoicesRequest, invoices, orders: orders, filters: filters), [2, 2, 1, 6, 3, 3, 4, 3, 2]);

        let filters = [
            format!("tenant_id = {one}"), format!("invoice_id = {}", invoice.id), "method = BANK_TRANSFER".into(),
            "receive_time > \"2026-02-02T00:00:00Z\"".into(), since.into(),
        ];
        let orders = ["receive_time", "create_time"];
        assert_eq!(walk!(books, list_payments, ListPaymentsRequest, payments, orders: orders, filters: filters), [1, 1, 3, 3, 3]);

        let filters = [
            format!("reseller_id = {}", nord.id), format!("customer_id = {two}"), format!("invoice_id = {}", invoice.id),
            "kind = INITIAL".into(), "state = PENDING".into(), since.into(),
        ];
        let orders = ["create_time", "amount"];
        assert_eq!(walk!(books, list_commissions, ListCommissionsRequest, commissions, orders: orders, filters: filters), [2, 1, 1, 2, 2, 2]);

        for name in ["ost", "sued"] {
            books.master().create_reseller(make::reseller(name)).await?;
        }
        let filters = [
            "code = nord".to_owned(), "display_name : NORD".into(), format!("contact_email = {}", nord.contact_email), "state = ACTIVE".into(),
            since.into(),
        ];
        let orders = ["code", "display_name", "create_time"];
        assert_eq!(walk!(books, list_resellers, ListResellersRequest, resellers, orders: orders, filters: filters), [1, 1, 1, 3, 2]);
        Ok(())
    }
}
