//! Connections that many share: nothing of one call is left on them for the next.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use portal_client::pb;
use sqlx::{Connection, PgConnection, Row};
use tenantry_tests::{Account, Database, Db, Harness, PgBouncer, Server, fresh_settings, on_postgres};
use tokio::{time::timeout, try_join};

const CALLS: usize = 10_000;
/// Where pgbouncer lends them in between.
const CALLS_BY_PGBOUNCER: usize = 2_000;
const AT_ONCE: usize = 24;

/// A number that looks like chance, the same in each run.
fn chance(below: u64) -> u64 {
    static STATE: AtomicU64 = AtomicU64::new(1);
    let next = |state: u64| {
        Some(
            state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407),
        )
    };
    (STATE.fetch_update(Relaxed, Relaxed, next).unwrap_or_default() >> 33) % below.max(1)
}

/// Reads something of a tenant, or writes something; whatever is answered is the tenant's.
async fn call(one: &Account, turn: u64) -> Result<()> {
    let calls = one.admin().tenant();
    let theirs = match turn % 8 {
        0 => {
            let request = pb::UpdateTenantSettingsRequest {
                settings: Some(pb::TenantSettings {
                    tenant_id: one.id.clone(),
                    branding: Some(pb::BrandingSettings {
                        product_name: one.slug.clone(),
                        ..Default::default()
                    }),
                    ..Default::default()
                }),
                update_mask: Some(prost_types::FieldMask {
                    paths: vec!["branding.product_name".into()],
                }),
                ..Default::default()
            };
            calls
                .update_tenant_settings(request)
                .await?
                .branding
                .context("branding")?
                .product_name
                == one.slug
        }
        // Behind the spy.
        1..4 => {
            let invoices = calls.list_invoices(Default::default()).await?.invoices;
            !invoices.is_empty() && invoices.iter().all(|invoice| invoice.tenant_id == one.id)
        }
        4..6 => {
            let deployments = calls.list_deployments(Default::default()).await?.deployments;
            deployments.len() == 1 && deployments[0].tenant_id == one.id
        }
        _ => calls
            .list_audit_entries(Default::default())
            .await?
            .audit_entries
            .iter()
            .all(|entry| entry.tenant_id == one.id),
    };
    ensure!(theirs, "a call of {} was answered with rows of somebody else", one.slug);
    Ok(())
}

/// Has invoices seen only where a transaction says that it is a tenant's, and nothing else: whatever a statement asks for besides.
async fn spy(h: &Harness) -> Result<()> {
    let policy = "CREATE POLICY spy ON invoice AS RESTRICTIVE FOR SELECT USING (current_setting('app.platform', true) = '' \
                  AND current_setting('app.reseller_id', true) = '' AND current_setting('app.tenant_id', true) = tenant_id::text)";
    Db::open(&h.settings).await?.execute(policy).await?;
    Ok(())
}

/// What a transaction says of itself.
const SETTINGS: &str = "SELECT concat(current_setting('app.platform', true), current_setting('app.tenant_id', true), current_setting('app.reseller_id', true))";

/// Looks between the transactions of others at what is on the connections, until it is over.
async fn nothing_is_left(url: &str, over: &AtomicBool) -> Result<()> {
    let mut db = PgConnection::connect(url).await?;
    let mut looked = 0;
    while !over.load(Relaxed) {
        let left: String = sqlx::raw_sql(SETTINGS).fetch_one(&mut db).await?.get(0);
        ensure!(left.is_empty(), "{left} is left on a connection");
        looked += 1;
    }
    ensure!(looked > 300, "looked {looked} times only");
    Ok(())
}

/// Calls of two tenants in turn, of which many are given up at some moment.
async fn mix(h: &Harness, calls: usize) -> Result<()> {
    let accounts = [h.tenant("red").await?, h.tenant("blue").await?];
    spy(h).await?;
    let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let caller = async || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= calls {
                return Ok(());
            }
            let call = call(&accounts[number % 2], chance(8));
            // Every second one is given up, most of them before they are answered.
            let patience = if chance(2) == 0 {
                Duration::from_secs(30)
            } else {
                Duration::from_micros(chance(20_000))
            };
            match timeout(patience, call).await {
                Ok(done) => {
                    done?;
                    answered.fetch_add(1, Relaxed);
                }
                Err(_) if patience < Duration::from_secs(1) => {}
                Err(_) => anyhow::bail!("a call was never answered"),
            }
        }
    };
    try_join_all((0..AT_ONCE).map(|_| caller())).await?;
    let answered = answered.into_inner();
    ensure!((calls / 4..calls).contains(&answered), "{answered} calls were answered");
    Ok(())
}

on_postgres! {
    async fn calls_over_two_connections_leave_nothing_behind(_h: Harness) -> Result<()> {
        let mut settings = fresh_settings(Database::Postgres).await?;
        settings.database_connections = 2;
        mix(&Harness::new(Server::with(Database::Postgres, settings).await?).await?, CALLS).await
    }

    async fn nothing_is_left_behind_pgbouncer_either(_h: Harness) -> Result<()> {
        let mut settings = fresh_settings(Database::Postgres).await?;
        let bouncer = PgBouncer::start(&settings.database_url)?;
        settings.database_url = bouncer.url.clone();
        settings.database_connections = 8;
        let h = Harness::new(Server::with(Database::Postgres, settings).await?).await?;
        let over = AtomicBool::new(false);
        let calls = async {
            let done = mix(&h, CALLS_BY_PGBOUNCER).await;
            over.store(true, Relaxed);
            done
        };
        try_join!(calls, nothing_is_left(&bouncer.url, &over)).map(|_| ())
    }

    async fn what_somebody_has_left_on_a_connection_does_not_count(_h: Harness) -> Result<()> {
        let mut settings = fresh_settings(Database::Postgres).await?;
        let bouncer = PgBouncer::start(&settings.database_url)?;
        settings.database_url = bouncer.url.clone();
        let h = Harness::new(Server::with(Database::Postgres, settings).await?).await?;
        let account = h.tenant("left").await?;
        spy(&h).await?;
        // Both connections of pgbouncer, because two transactions are open at once.
        let (mut one, mut other) = (PgConnection::connect(&bouncer.url).await?, PgConnection::connect(&bouncer.url).await?);
        let (mut first, mut second) = (one.begin().await?, other.begin().await?);
        for tx in [&mut first, &mut second] {
            let leave = "SELECT set_config('app.platform', 'on', false), set_config('app.reseller_id', gen_random_uuid()::text, false)";
            sqlx::raw_sql(leave).execute(&mut **tx).await?;
        }
        first.commit().await?;
        second.commit().await?;
        for turn in 0..16 {
            let left: String = sqlx::raw_sql(SETTINGS).fetch_one(&mut one).await?.get(0);
            ensure!(left.starts_with("on"), "nothing is left there");
            call(&account, turn).await?;
        }
        // Nor is a transaction anybody else's after a part of it that was everybody's: its entry in the trail comes last.
        let policy = "CREATE POLICY spy ON audit_entry AS RESTRICTIVE FOR INSERT WITH CHECK (action <> 'user.invite' \
                      OR current_setting('app.platform', true) = '' AND current_setting('app.tenant_id', true) = tenant_id::text)";
        Db::open(&h.settings).await?.execute(policy).await?;
        account.viewer().await?;
        Ok(())
    }
}
