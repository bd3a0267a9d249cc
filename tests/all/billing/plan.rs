//! Prices that change while subscriptions are charged by them.

use anyhow::{Context, Result};
use portal_client::pb;
use tenantry::billing::plan::price::Cadence;
use tenantry_tests::{Harness, both, make};

use super::books::{Books, Terms};

fn price(cadence: pb::Cadence, minor: i64) -> pb::Price {
    pb::Price {
        cadence: cadence.into(),
        amount: Some(make::money("EUR", minor)),
        ..Default::default()
    }
}

both! {
    async fn a_price_that_a_subscription_uses_stays(h: Harness) -> Result<()> {
        let books = Books::open(h.database(), "2026-01-01T10:00:00Z").await?;
        let made = books.master().create_plan(make::plan("metro")).await?;
        let old = made.prices.iter().find(|p| p.cadence() == pb::Cadence::Monthly).context("a price")?;
        let acme = books.tenant("acme", Terms { price: Some(old.id.clone()), ..Terms::default() }).await?;

        let change = |prices| pb::UpdatePlanRequest {
            plan: Some(pb::Plan { id: made.id.clone(), prices, ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["prices".into()] }), ..Default::default() };
        let wanted = vec![price(pb::Cadence::Yearly, 49_000), price(pb::Cadence::Monthly, 5_900)];
        let changed = books.master().update_plan(change(wanted.clone())).await?;
        let ids = |plan: &pb::Plan| plan.prices.iter().map(|p| p.id.clone()).collect::<Vec<_>>();
        // A price that is wanted as it is stays the same one; the others are new or not sold any more.
        assert_eq!(changed.prices.len(), 2);
        assert_eq!(ids(&changed).iter().filter(|id| ids(&made).contains(id)).count(), 1);
        assert!(!ids(&changed).contains(&old.id));
        // The same prices again are no change.
        assert_eq!(books.master().update_plan(change(wanted)).await?, changed);

        books.at("2026-02-01T10:00:00Z").await?;
        assert_eq!(books.periods(acme).await?[1..], ["2026-02-01 2026-03-01 4900"]);
        assert_eq!(books.subscription(acme).await?.price_id, old.id);
        let next = changed.prices.iter().find(|p| p.cadence() == pb::Cadence::Monthly).context("a price")?;
        let later = books.tenant("later", Terms { price: Some(next.id.clone()), ..Terms::default() }).await?;
        assert_eq!(books.periods(later).await?, ["2026-02-01 2026-03-01 5900"]);

        let filter = format!("action = plan.update AND subject_id = {}", made.id);
        let entries = books.master().list_audit_entries(pb::ListAuditEntriesRequest { filter, ..Default::default() }).await?.audit_entries;
        let fields: Vec<_> = entries.iter().flat_map(|e| &e.changes).map(|c| c.field.as_str()).collect();
        assert_eq!(fields.iter().filter(|f| **f == "price.amount").count(), 3, "{fields:?}");
        assert_eq!(books.subscriptions(acme).await?[0].cadence, Cadence::Monthly.number());
        Ok(())
    }
}
