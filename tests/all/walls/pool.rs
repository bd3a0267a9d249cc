//! Connections that many share: nothing of one call is left on them for the next.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use portal_client::pb;
use tenantry_tests::{Account, Database, Harness, PgBouncer, Server, fresh_settings, on_postgres};
use tokio::time::timeout;

const CALLS: usize = 10_000;
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
            };
            calls
                .update_tenant_settings(request)
                .await?
                .branding
                .context("branding")?
                .product_name
                == one.slug
        }
        1..4 => calls
            .list_invoices(Default::default())
            .await?
            .invoices
            .iter()
            .all(|invoice| invoice.tenant_id == one.id),
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

/// Calls of two tenants in turn, of which many are given up at some moment.
async fn mix(h: &Harness) -> Result<()> {
    let accounts = [h.tenant("red").await?, h.tenant("blue").await?];
    let (next, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let caller = async || -> Result<()> {
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= CALLS {
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
    ensure!((CALLS / 4..CALLS).contains(&answered), "{answered} calls were answered");
    Ok(())
}

on_postgres! {
    async fn calls_over_two_connections_leave_nothing_behind(_h: Harness) -> Result<()> {
        let mut settings = fresh_settings(Database::Postgres).await?;
        settings.database_connections = 2;
        mix(&Harness::new(Server::with(Database::Postgres, settings).await?).await?).await
    }

    async fn nothing_is_left_behind_pgbouncer_either(_h: Harness) -> Result<()> {
        let mut settings = fresh_settings(Database::Postgres).await?;
        let bouncer = PgBouncer::start(&settings.database_url)?;
        settings.database_url = bouncer.url.clone();
        settings.database_connections = 8;
        mix(&Harness::new(Server::with(Database::Postgres, settings).await?).await?).await
    }
}
