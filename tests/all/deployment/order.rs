//! The order of events and of writers on PostgreSQL, where several write at a time. SQLite has one writer.

use std::{str::FromStr, time::Duration};

use anyhow::{Context, Result};
use portal_client::pb;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, postgres::PgConnectOptions, query_scalar, raw_sql};
use tenantry_tests::{Harness, on_postgres};
use tokio::time::timeout;

use super::{becomes, start, stop};
use pb::{DeploymentState as Is, watch_deployments_response::Event};

/// Somebody else's connection to the cluster, to the server's own database or to another one.
async fn somebody(h: &Harness, database: Option<&str>) -> Result<PgConnection> {
    let mut options = PgConnectOptions::from_str(&h.settings.database_owner_url)?;
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

on_postgres! {
    async fn a_watch_waits_for_nobody_elses_transaction(h: Harness) -> Result<()> {
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

    async fn events_get_their_numbers_at_the_commit_and_one_after_the_other(h: Harness) -> Result<()> {
        // Others would wait as well: this takes a server of its own.
        let h = Harness::alone(h.database()).await?;
        let acme = h.tenant("ordered").await?;
        let id = acme.deployment_id.as_str();
        // Whoever does not come to an end holds up nobody, and comes after all that were quicker.
        let (mut slow, mut look) = (somebody(&h, None).await?, somebody(&h, None).await?);
        run(&mut slow, "BEGIN").await?;
        run(&mut slow, ANNOUNCE).await?;
        stop(h.admin(), id).await?;
        becomes(&h.master(), id, Is::Stopped).await?;
        let newest: i64 = query_scalar("SELECT max(seq) FROM event").fetch_one(&mut look).await?;
        run(&mut slow, "COMMIT").await?;
        let last: i64 = query_scalar("SELECT seq FROM event WHERE kind = 'nothing'").fetch_one(&mut look).await?;
        assert!(last > newest, "{last} after {newest}");

        // While one is being committed the next one waits.
        run(&mut slow, "BEGIN; SELECT pg_advisory_xact_lock(3203)").await?;
        let starting = start(h.admin(), id);
        tokio::pin!(starting);
        assert!(timeout(Duration::from_secs(1), &mut starting).await.is_err());
        run(&mut slow, "COMMIT").await?;
        starting.await?;
        Ok(())
    }

    async fn what_happens_to_a_tenant_waits_for_what_happens_to_its_deployments(h: Harness) -> Result<()> {
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
            update_mask: Some(prost_types::FieldMask { paths: vec!["branding.product_name".into()] }), ..Default::default() };
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
