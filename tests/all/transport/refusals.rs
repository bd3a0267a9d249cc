//! Refusals stand in the audit trail, and nobody fills it with them or takes the database from others.

use std::{num::NonZeroU32, time::Duration};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream::FuturesUnordered};
use portal_client::pb;
use sqlx::Connection;
use tenantry::config::Settings;
use tenantry_tests::{Harness, both, on_postgres};
use tokio::time::{sleep, timeout};
use tonic::Code;

use super::wire::{SIGN_IN, Wire, behind_a_proxy};
use crate::matrix::world;

const ACCEPT: &str = "/tenantry.v1.AuthService/AcceptInvitation";
const SETTINGS: &str = "/tenantry.v1.TenantAdminService/UpdateTenantSettings";
const EXPORT: &str = "/tenantry.v1.TenantAdminService/ExportAuditEntries";
/// How many calls are made, of how many the trail tells at once, and how many more it may tell until they are over.
const CALLS: usize = 60;
const TOLD: usize = 20;
const MORE: usize = 15;
/// How many refusals wait until they are written.
const WAITING: usize = 200;

fn as_by_default(settings: &mut Settings) {
    settings.calls_per_second = NonZeroU32::MIN.saturating_add(499);
}

fn made_up() -> pb::AcceptInvitationRequest {
    pb::AcceptInvitationRequest {
        token: "made up".into(),
        display_name: "Somebody".into(),
        password: "correct-horse-1".into(),
        ..Default::default()
    }
}

/// How many entries there are of an RPC.
async fn told(h: &Harness, rpc: &str) -> Result<usize> {
    let request = pb::ListAuditEntriesRequest {
        filter: format!("action = {:?}", rpc.trim_start_matches("/tenantry.v1.")),
        page_size: 200,
        ..Default::default()
    };
    Ok(h.master().list_audit_entries(request).await?.audit_entries.len())
}

both! {
    async fn a_stranger_does_not_fill_the_trail(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), as_by_default).await?;
        let wire = Wire::to(&h).await?;
        for call in 1..=CALLS {
            // Another machine in the same network each time.
            let from = format!("2001:db8::{call:x}");
            if call % 2 == 0 {
                assert_eq!(wire.call(SIGN_IN, &pb::SignInRequest::default(), &from, "").await?.code(), Code::InvalidArgument);
            } else {
                assert_eq!(wire.call(ACCEPT, &made_up(), &from, "").await?.code(), Code::NotFound);
            }
        }
        let before = told(&h, ACCEPT).await?;
        let all = before + told(&h, SIGN_IN).await?;
        ensure!((TOLD..TOLD + MORE).contains(&all), "{before} of {all}");
        // Of somebody else it is told.
        wire.call(ACCEPT, &made_up(), "192.0.2.2", "").await?;
        assert_eq!(told(&h, ACCEPT).await?, before + 1);
        Ok(())
    }

    async fn a_user_does_not_fill_the_trail_of_the_account(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), as_by_default).await?;
        let wire = Wire::to(&h).await?;
        let account = h.tenant("filled").await?;
        let token = async |viewer: portal_client::Client| anyhow::Ok(world::sign_in(&h, &viewer).await?.access_token);
        let (one, other) = (token(account.viewer().await?).await?, token(account.viewer().await?).await?);
        let request = pb::UpdateTenantSettingsRequest::default();
        for call in 0..CALLS {
            let answer = wire.call(SETTINGS, &request, &format!("198.51.100.{call}"), &one).await?;
            assert_eq!(answer.code(), Code::PermissionDenied);
        }
        let before = told(&h, SETTINGS).await?;
        ensure!((TOLD..TOLD + MORE).contains(&before), "{before}");
        // Of somebody else it is told, however much that one was refused to look at.
        for _ in 0..CALLS {
            let answer = wire.call(EXPORT, &pb::ExportAuditEntriesRequest::default(), "198.51.100.1", &other).await?;
            assert_eq!(answer.code(), Code::PermissionDenied);
        }
        let looks = told(&h, EXPORT).await?;
        ensure!((TOLD..TOLD + MORE).contains(&looks), "{looks}");
        wire.call(SETTINGS, &request, "198.51.100.1", &other).await?;
        assert_eq!(told(&h, SETTINGS).await?, before + 1);
        ensure!(h.verify(None).await?.findings.is_empty());
        Ok(())
    }
}

on_postgres! {
    async fn refusals_that_cannot_be_written_hold_one_connection(h: Harness) -> Result<()> {
        let h = behind_a_proxy(h.database(), |_| ()).await?;
        let wire = Wire::to(&h).await?;
        // Somebody holds the end of the trail in which they all belong.
        let mut holder = sqlx::PgConnection::connect(&h.settings.database_owner_url).await?;
        let mut held = holder.begin().await?;
        sqlx::raw_sql("SELECT 1 FROM audit_head WHERE tenant_id IS NULL AND reseller_id IS NULL FOR UPDATE").execute(&mut *held).await?;
        let request = made_up();
        let mut calls: FuturesUnordered<_> = (0..WAITING + 40).map(|_| wire.call(ACCEPT, &request, "192.0.2.1", "")).collect();
        // Those for which there is no room are answered all the same.
        for _ in 0..40 {
            let answer = timeout(Duration::from_secs(15), calls.next()).await.context("nobody waits for a place")?.context("a call")??;
            assert_eq!(answer.code(), Code::NotFound);
        }
        sleep(Duration::from_millis(500)).await;
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut *held).await?;
        assert_eq!(waiting, 1);
        timeout(Duration::from_secs(5), h.master().list_plans(pb::ListPlansRequest::default())).await??;
        held.commit().await?;
        while let Some(answer) = calls.next().await {
            assert_eq!(answer?.code(), Code::NotFound);
        }
        assert_eq!(told(&h, ACCEPT).await?, WAITING);
        Ok(())
    }
}
