//! The order of events and of writers on PostgreSQL, where several write at a time. SQLite has one writer.

use std::{
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use portal_client::pb;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, postgres::PgConnectOptions, raw_sql};
use tenantry_tests::{Database, Harness, both};
use tokio::time::timeout;

use super::{becomes, stop};
use pb::{DeploymentState as Is, watch_deployments_response::Event};

/// Somebody else's connection to the cluster, to the server's own database or to another one.
async fn somebody(h: &Harness, database: Option<&str>) -> Result<PgConnection> {
    let mut options = PgConnectOptions::from_str(&h.settings.database_url)?;
    if let Some(name) = database {
        options = options.database(name);
    }
    Ok(options.connect().await?)
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<()> {
    raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}

/// What writes an event, as every change does just before it is committed.
const ANNOUNCE: &str = "INSERT INTO event (kind, subject_id, at) VALUES ('nothing', gen_random_uuid(), now())";

both! {
    async fn a_watch_waits_for_nobody_elses_transaction(h: Harness) -> Result<()> {
        if h.database() == Database::Sqlite {
            return Ok(());
        }
        let acme = h.tenant("unhindered").await?;
        let request = pb::WatchDeploymentsRequest { deployment_id: acme.deployment_id.clone(), ..Default::default() };
        let mut watch = h.master().watch_deployments(request).await?;
        let mut elsewhere = somebody(&h, Some("postgres")).await?;
        run(&mut elsewhere, "BEGIN; SELECT pg_current_xact_id()").await?;
        let mut here = somebody(&h, None).await?;
        run(&mut here, "BEGIN; SELECT pg_current_xact_id()").await?;
        stop(h.admin(), &acme.deployment_id).await?;
        let told = timeout(Duration::from_secs(8), async {
            loop {
                let message = watch.next().await.context("the watch has ended")??;
                if matches!(&message.event, Some(Event::Deployment(d)) if d.state() == Is::Stopped) {
                    return anyhow::Ok(());
                }
            }
        });
        told.await.context("nothing was told")??;
        Ok(())
    }

    async fn events_are_committed_in_their_order_and_nobody_holds_them_up_for_long(h: Harness) -> Result<()> {
        if h.database() == Database::Sqlite {
            return Ok(());
        }
        // Others would wait as well: this takes a server of its own.
        let h = Harness::alone(h.database()).await?;
        let acme = h.tenant("ordered").await?;
        let id = acme.deployment_id.as_str();
        let mut stalled = somebody(&h, None).await?;
        run(&mut stalled, "BEGIN").await?;
        run(&mut stalled, ANNOUNCE).await?;
        let begun = Instant::now();
        let stopping = stop(h.admin(), id);
        tokio::pin!(stopping);
        // A later number is not committed before an earlier one ...
        assert!(timeout(Duration::from_secs(1), &mut stopping).await.is_err());
        // ... and whoever has the earlier one and does not go on is ended.
        stopping.await?;
        assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
        assert!(run(&mut stalled, "COMMIT").await.is_err());
        becomes(&h.master(), id, Is::Stopped).await?;
        Ok(())
    }

    async fn what_happens_to_a_tenant_waits_for_what_happens_to_its_deployments(h: Harness) -> Result<()> {
        if h.database() == Database::Sqlite {
            return Ok(());
        }
        let acme = h.tenant("patient").await?;
        let mut other = somebody(&h, None).await?;
        let changed = format!(
            "BEGIN; UPDATE deployment SET row_version = row_version + 1 WHERE tenant_id = '{}'",
            acme.id.trim_start_matches("ten_")
        );
        run(&mut other, &changed).await?;
        let branding = pb::BrandingSettings { product_name: "Patient Net".into(), ..Default::default() };
        let request = pb::UpdateTenantSettingsRequest {
            settings: Some(pb::TenantSettings { tenant_id: acme.id.clone(), branding: Some(branding), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["branding.product_name".into()] }),
        };
        let admin = acme.admin();
        let calls = admin.tenant();
        let update = calls.update_tenant_settings(request);
        tokio::pin!(update);
        assert!(timeout(Duration::from_millis(500), &mut update).await.is_err());
        run(&mut other, "COMMIT").await?;
        update.await?;
        Ok(())
    }
}
