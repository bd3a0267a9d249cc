//! Money that was received is in the books once and as a whole, whether or not somebody waits for the answer.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use portal_client::{Code, pb};
use prost::Message;
use tenantry_tests::{Account, Db, Harness, both, eventually, make};
use tokio::time::timeout;

use super::Chance;
use crate::matrix::{
    contract::{Rpc, rpcs},
    raw::{Wire, call_within},
    world::sign_in,
};

both! {
    /// Nobody can write while it is asked for, and when somebody can, nobody waits for it any more.
    async fn a_payment_that_has_begun_is_recorded(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let (reseller, rpc) = (h.reseller("left").await?, record()?);
        let customer = h.customer(&reseller, "left").await?;
        let (token, books) = (sign_in(h, h.admin()).await?.access_token, Books::of(h, &customer).await?);
        let (mut db, wire) = (Db::open(&h.settings).await?, Wire::to(h)?);
        // So that the connection is there.
        wire.call_as(&rpc, Default::default(), &token).await?;
        db.hold().await?;
        let late = make::payment(&books.invoice, make::money("EUR", 100)).encode_to_vec();
        let (answer, _) = call_within(h, &rpc, late.into(), &token, "1S").await?;
        ensure!(answer.code == Code::DeadlineExceeded, "{}", answer.short());
        let left = make::payment(&books.invoice, make::money("EUR", 20)).encode_to_vec();
        let answer = timeout(Duration::from_secs(1), wire.call_as(&rpc, left.into(), &token)).await;
        ensure!(answer.is_err(), "{answer:?}");
        // One that is granted no time never begins.
        let never = make::payment(&books.invoice, make::money("EUR", 3)).encode_to_vec();
        call_within(h, &rpc, never.into(), &token, "1n").await?;
        ensure!(books.read(h).await? == (0, 0, 0));
        db.let_go().await?;
        // A tenth of it is the reseller's, of each.
        eventually("recorded", async || books.read(h).await, |read| *read == (120, 2, 12)).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        ensure!(books.read(h).await? == (120, 2, 12));
        Ok(())
    }

    /// Whenever the time is over: all of a payment is there or nothing, and asking again makes it whole.
    async fn a_payment_is_there_as_a_whole_or_not_at_all(h: Harness) -> Result<()> {
        let (tenant, rpc) = (h.tenant("hurried").await?, record()?);
        let (token, books) = (sign_in(&h, h.admin()).await?.access_token, Books::of(&h, &tenant).await?);
        let (mut chance, mut ended, mut answered, mut requests) = (Chance(7), 0, 0, Vec::new());
        for _ in 0..150 {
            let request = make::payment(&books.invoice, make::money("EUR", 1));
            let time = format!("{}u", 1000 + chance.below(12_000));
            let (answer, _) = call_within(&h, &rpc, request.encode_to_vec().into(), &token, &time).await?;
            ended += usize::from(answer.code == Code::DeadlineExceeded);
            answered += i64::from(answer.code == Code::Ok);
            ensure!([Code::Ok, Code::DeadlineExceeded].contains(&answer.code), "{}", answer.short());
            requests.push(request);
        }
        let whole = |read: &(i64, i64, i64)| read.0 == read.1;
        let (_, there, _) = eventually("whole", async || books.read(&h).await, whole).await?;
        ensure!(ended > 5, "only {ended} calls were too late");
        ensure!((answered..=150).contains(&there), "{there} of 150 payments are there, and {answered} were answered");
        for request in &requests {
            h.master().record_payment(request.clone()).await?;
        }
        assert_eq!(books.read(&h).await?, (150, 150, 0));
        Ok(())
    }
}

fn record() -> Result<Rpc> {
    let found = rpcs()?.into_iter().find(|rpc| rpc.method.name() == "RecordPayment");
    found.context("payments are recorded")
}

/// The first invoice of a tenant.
struct Books {
    tenant: String,
    invoice: String,
}

impl Books {
    async fn of(h: &Harness, tenant: &Account) -> Result<Self> {
        let of = pb::ListInvoicesRequest {
            filter: format!("tenant_id = {}", tenant.id),
            ..Default::default()
        };
        let invoice = h
            .master()
            .list_invoices(of)
            .await?
            .invoices
            .into_iter()
            .next()
            .context("an invoice")?;
        Ok(Self {
            tenant: tenant.id.clone(),
            invoice: invoice.id,
        })
    }

    /// What is paid, in how many payments, and what was earned by it.
    async fn read(&self, h: &Harness) -> Result<(i64, i64, i64)> {
        let (admin, minor) = (h.master(), |money: &Option<pb::Money>| {
            money.as_ref().map_or(0, |money| money.minor_units)
        });
        let get = pb::GetInvoiceRequest {
            invoice_id: self.invoice.clone(),
        };
        let paid = minor(&admin.get_invoice(get).await?.amount_paid);
        let payments = pb::ListPaymentsRequest {
            filter: format!("invoice_id = {}", self.invoice),
            ..Default::default()
        };
        let earned = pb::ListCommissionsRequest {
            filter: format!("customer_id = {}", self.tenant),
            ..Default::default()
        };
        let (payments, earned) = tokio::try_join!(admin.list_payments(payments), admin.list_commissions(earned))?;
        Ok((
            paid,
            payments.total_size,
            earned.commissions.iter().map(|one| minor(&one.amount)).sum(),
        ))
    }
}
