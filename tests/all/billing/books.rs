//! A server of its own whose business clock is moved, with tenants that have no instance: what is billed depends on none.

use std::ops::Deref;

use anyhow::{Context, Result};
use portal_client::{calls, pb};
use tenantry::{
    billing::{
        due,
        plan::price::{self, Cadence},
        subscription,
    },
    clock::Time,
    cx::Cx,
    id::{PriceId, TenantId},
    store::{Change, Platform, Tx},
    tenancy::tenant::entity::{Model as Tenant, TenantState},
    work,
};
use tenantry_tests::{Database, Harness, make};

/// Days to pay an invoice, as the defaults have it.
pub const TERM: u32 = 14;

pub struct Books {
    h: Harness,
    plan: pb::Plan,
}

/// How a tenant is billed.
pub struct Terms {
    pub cadence: Cadence,
    pub amount: i64,
    pub anchor_day: i64,
    pub time_zone: &'static str,
    pub reseller: Option<String>,
    /// A price of a plan, in place of one over `amount`.
    pub price: Option<String>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            cadence: Cadence::Monthly,
            amount: 4900,
            anchor_day: 0,
            time_zone: "Europe/Vienna",
            reseller: None,
            price: None,
        }
    }
}

impl Deref for Books {
    type Target = Harness;
    fn deref(&self) -> &Harness {
        &self.h
    }
}

impl Books {
    /// On an empty database, at a time.
    pub async fn open(database: Database, at: &str) -> Result<Self> {
        let h = Harness::alone(database).await?;
        h.clock.set_business(at.parse()?);
        let plan = h.master().create_plan(make::plan("fibre")).await?;
        Ok(Self { h, plan })
    }

    /// The vendor, without going through an RPC.
    pub fn cx(&self) -> Cx<Platform> {
        work::cx(&self.h.running.app)
    }

    pub fn master(&self) -> calls::MasterAdmin<'_> {
        self.h.master()
    }

    pub fn now(&self) -> Time {
        self.h.clock.business()
    }

    /// Moves the business clock and does what is due then.
    pub async fn at(&self, at: &str) -> Result<()> {
        self.h.clock.set_business(at.parse()?);
        self.due().await
    }

    /// Does what is due.
    pub async fn due(&self) -> Result<()> {
        while due::run(&self.cx()).await? {}
        Ok(())
    }

    /// A tenant that is billed from now on.
    pub async fn tenant(&self, name: &str, terms: Terms) -> Result<TenantId> {
        let id = self.pending(name, terms).await?;
        self.change(id, async |tx| subscription::activate(tx, id, TERM).await.map(|_| ()))
            .await?;
        Ok(id)
    }

    /// A tenant whose billing has not started.
    pub async fn pending(&self, name: &str, terms: Terms) -> Result<TenantId> {
        let now = self.now();
        let cx = self.cx();
        let tenant = Tenant {
            id: TenantId::new(),
            slug: name.into(),
            display_name: format!("Tenant {name}"),
            state: TenantState::Active,
            state_reason: String::new(),
            resume_state: TenantState::Active,
            contact_name: "Carla Contact".into(),
            contact_email: make::email(name),
            contact_phone: String::new(),
            billing_currency: "EUR".into(),
            time_zone: terms.time_zone.into(),
            reseller_id: terms.reseller.map(|id| id.parse()).transpose()?,
            row_version: 1,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            purge_at: None,
        };
        let given = terms.price.map(|id| id.parse::<PriceId>()).transpose()?;
        let own = price::Model {
            id: PriceId::new(),
            plan_id: self.plan.id.parse()?,
            currency: "EUR".into(),
            cadence: terms.cadence,
            amount: terms.amount,
            created_at: now,
            // The plan's own prices stay the ones on sale.
            retired_at: Some(now),
        };
        let made = cx
            .change(Change::new("test.tenant"), async |tx| {
                let tenant = tx.insert(tenant).await?;
                let price = match given {
                    Some(id) => tx.find::<price::Entity>().with(price::Column::Id, id).first().await?.unwrap_or(own),
                    None => tx.put(own).await?,
                };
                subscription::open(tx, &tenant, &price, terms.anchor_day).await?;
                Ok(tenant)
            })
            .await?;
        Ok(made.id)
    }

    /// Does something with a tenant in one transaction, as the tenant's life does.
    pub async fn change(&self, id: TenantId, work: impl AsyncFnOnce(&Tx<Platform>) -> tenantry::error::Result<()>) -> Result<()> {
        let cx = self.cx();
        cx.change(Change::new("test.change"), async |tx| {
            work(tx).await?;
            tx.lock::<tenantry::tenancy::tenant::entity::Entity>(id).await
        })
        .await?;
        Ok(())
    }

    /// The newest subscription of a tenant.
    pub async fn subscription(&self, of: TenantId) -> Result<pb::Subscription> {
        self.subscriptions(of).await?.into_iter().next().context("there is no subscription")
    }

    pub async fn subscriptions(&self, of: TenantId) -> Result<Vec<pb::Subscription>> {
        let request = pb::ListSubscriptionsRequest {
            filter: format!("tenant_id = {of}"),
            ..Default::default()
        };
        Ok(self.master().list_subscriptions(request).await?.subscriptions)
    }

    /// The invoices of a tenant, the oldest first.
    pub async fn invoices(&self, of: TenantId) -> Result<Vec<pb::Invoice>> {
        let request = pb::ListInvoicesRequest {
            filter: format!("tenant_id = {of}"),
            order_by: "create_time".into(),
            page_size: 200,
            ..Default::default()
        };
        Ok(self.master().list_invoices(request).await?.invoices)
    }

    /// The periods of a tenant's invoices with their totals, as "2026-01-31 2026-02-28 4900".
    pub async fn periods(&self, of: TenantId) -> Result<Vec<String>> {
        let line = |i: &pb::Invoice| format!("{} {} {}", i.period_start, i.period_end, minor(&i.total));
        Ok(self.invoices(of).await?.iter().map(line).collect())
    }

    /// What resellers earned, the oldest first.
    pub async fn commissions(&self, filter: &str) -> Result<Vec<pb::Commission>> {
        let request = pb::ListCommissionsRequest {
            filter: filter.into(),
            order_by: "create_time".into(),
            page_size: 200,
            ..Default::default()
        };
        Ok(self.master().list_commissions(request).await?.commissions)
    }

    /// Pays so much of an invoice.
    pub async fn pay(&self, invoice: &pb::Invoice, amount: i64) -> Result<pb::Payment, portal_client::RpcError> {
        self.record(make::payment(&invoice.id, make::money("EUR", amount))).await
    }

    pub async fn record(&self, request: pb::RecordPaymentRequest) -> Result<pb::Payment, portal_client::RpcError> {
        self.master().record_payment(request).await
    }
}

/// The minor units of an amount; the smallest number there is for one that is missing.
pub fn minor(money: &Option<pb::Money>) -> i64 {
    money.as_ref().map_or(i64::MIN, |m| m.minor_units)
}

/// A moment of a message; empty for one that is missing.
pub fn moment(time: &Option<prost_types::Timestamp>) -> String {
    let time = time.as_ref().and_then(|t| Time::from_timestamp(t.seconds, t.nanos.unsigned_abs()));
    time.map(|t| t.to_rfc3339()).unwrap_or_default()
}
