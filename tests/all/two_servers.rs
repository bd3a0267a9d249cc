//! Two server processes on one PostgreSQL, each with a data folder of its own, as on two machines.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use portal_client::{Client, Code, pb};
use tenantry_tests::{ADMIN, Database, PASSWORD, Process, Refused, Site, eventually, finished, make, page, run, until_refused};

/// How long a server owns an operation without writing.
const LEASE: Duration = Duration::from_secs(30);

/// A session with its tokens, in no client.
async fn sign_in(server: &Process) -> Result<pb::Session> {
    let request = pb::SignInRequest {
        portal: pb::Portal::Master.into(),
        email: ADMIN.into(),
        password: PASSWORD.into(),
        ..Default::default()
    };
    let client = Client::new(&server.origin, pb::Portal::Master, |_| ());
    Ok(client.auth().sign_in(request).await?)
}

/// A client of a server that goes on with a session.
fn with(server: &Process, session: &pb::Session) -> Client {
    let client = Client::new(&server.origin, pb::Portal::Master, |_| ());
    client.begin(session.clone());
    client
}

/// An onboarding that the first of two servers works on when it dies at a fail point; the second is there from the beginning.
async fn orphaned(here: &Site, there: &Site, point: &str) -> Result<(Process, pb::OnboardTenantRequest)> {
    let shop = here.start("").await?;
    let plan = shop.admin().await?.master().create_plan(make::plan("shop")).await?;
    shop.stop().await?;
    let (mut first, second) = (here.start(point).await?, there.start("").await?);
    let (admin, witness) = (first.admin().await?, second.admin().await?);
    // Either of them may take up an operation.
    for attempt in 0..20 {
        let request = make::onboarding(&format!("isp-{attempt}"), &plan.id);
        // It may die before it answers.
        let _ = admin.master().onboard_tenant(request.clone()).await;
        let begun = witness.master().onboard_tenant(request.clone()).await?;
        tokio::select! {
            ended = finished(&witness, &begun.id) => ensure!(ended?.state() == pb::OperationState::Succeeded),
            died = first.died() => {
                died?;
                return Ok((second, request));
            }
        }
    }
    anyhow::bail!("the first server took up nothing")
}

#[test]
fn a_session_is_good_on_every_server_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (first, second) = (here.start("").await?, there.start("").await?);
        let session = sign_in(&first).await?;
        let other = with(&second, &session);
        assert_eq!(
            other.auth().get_session(pb::GetSessionRequest {}).await?.user.map(|u| u.email),
            Some(ADMIN.into())
        );

        // Renewed there, it goes on here; the token that was used is known for used on both.
        let refresh = |token: &str| pb::RefreshSessionRequest {
            portal: pb::Portal::Master.into(),
            refresh_token: token.into(),
            ..Default::default()
        };
        let renewed = other.auth().refresh_session(refresh(&session.refresh_token)).await?;
        let here_again = with(&first, &renewed);
        here_again.master().list_plans(pb::ListPlansRequest::default()).await?;
        let third = here_again.auth().refresh_session(refresh(&renewed.refresh_token)).await?;
        let reused = other.auth().refresh_session(refresh(&session.refresh_token)).await;
        assert_eq!(reused.refused(Code::Unauthenticated)?.reason, "SESSION_ENDED");
        let ended = here_again.auth().refresh_session(refresh(&third.refresh_token)).await;
        ended.refused(Code::Unauthenticated)?;

        // What ends on one is over on the other within five seconds.
        let session = pb::Session {
            refresh_token: "none".into(),
            ..sign_in(&first).await?
        };
        let other = with(&second, &session);
        let list = async || other.master().list_plans(pb::ListPlansRequest::default()).await;
        list().await?;
        with(&first, &session).auth().sign_out(pb::SignOutRequest {}).await?;
        let begun = Instant::now();
        let (refusal, allowed) = until_refused(list).await?;
        assert_eq!(refusal.code, Code::Unauthenticated);
        let longer = allowed.saturating_duration_since(begun);
        ensure!(longer < Duration::from_secs(5), "{longer:?}");
        Ok(())
    })
}

#[test]
fn what_is_begun_on_one_is_watched_on_the_other_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (first, second) = (here.start("").await?, there.start("").await?);
        let (one, other) = (first.admin().await?, second.admin().await?);
        let plan = one.master().create_plan(make::plan("shop")).await?;
        let begun = one.master().onboard_tenant(make::onboarding("watched", &plan.id)).await?;
        let ended = finished(&other, &begun.id).await?;
        ensure!(ended.state() == pb::OperationState::Succeeded, "{ended:#?}");
        let request = pb::GetDeploymentRequest {
            deployment_id: ended.deployment_id,
        };
        let (seen, also) = (
            one.master().get_deployment(request.clone()).await?,
            other.master().get_deployment(request).await?,
        );
        assert_eq!(seen.url, also.url);
        assert!(page(&seen.url, "/").await?.contains("Tenant watched"));
        // It runs once, on one of the two machines.
        assert_eq!(here.instances()?.len() + there.instances()?.len(), 1);
        // A page token of one is good on the other.
        let request = pb::ListAuditEntriesRequest {
            page_size: 1,
            ..Default::default()
        };
        let first_page = one.master().list_audit_entries(request.clone()).await?;
        let next = pb::ListAuditEntriesRequest {
            page_token: first_page.next_page_token,
            ..request
        };
        assert_eq!(other.master().list_audit_entries(next).await?.audit_entries.len(), 1);
        Ok(())
    })
}

#[test]
fn what_a_killed_server_left_is_finished_by_the_other_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (second, request) = orphaned(&here, &there, "onboard.settings.committed").await?;
        let (begun, admin) = (Instant::now(), second.admin().await?);
        let operation = admin.master().onboard_tenant(request).await?;
        let ended = finished(&admin, &operation.id).await?;
        ensure!(ended.state() == pb::OperationState::Succeeded, "{ended:#?}");
        // Not before it was sure that the first one is gone.
        let after = begun.elapsed();
        ensure!(after > LEASE - Duration::from_secs(5) && after < LEASE * 2, "{after:?}");
        ensure!(there.instances()?.iter().any(|instance| instance.deployment == ended.deployment_id));
        Ok(())
    })
}

#[test]
fn an_instance_of_a_killed_server_waits_for_its_machine_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (second, request) = orphaned(&here, &there, "onboard.deployment.committed").await?;
        let admin = second.admin().await?;
        let operation = admin.master().onboard_tenant(request).await?;
        // Its folder is on the first machine: the second one works on the operation, and starts no instance.
        let get = pb::GetOperationRequest {
            operation_id: operation.id.clone(),
        };
        let lease = tokio::time::timeout(LEASE * 2, async {
            let waits = |o: &pb::Operation| {
                o.steps
                    .iter()
                    .any(|s| s.name == "health" && s.state() == pb::OperationStepState::Running)
            };
            while !waits(&admin.master().get_operation(get.clone()).await?) {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            anyhow::Ok(())
        });
        lease.await.context("nobody took it up")??;
        let deployment = admin.master().get_operation(get).await?.deployment_id;
        ensure!(!there.instances()?.iter().any(|instance| instance.deployment == deployment));
        let back = here.start("").await?;
        let ended = finished(&admin, &operation.id).await?;
        ensure!(ended.state() == pb::OperationState::Succeeded, "{ended:#?}");
        ensure!(here.instances()?.iter().any(|instance| instance.deployment == deployment));
        back.stop().await
    })
}

#[test]
fn what_is_taken_back_waits_for_the_machine_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (second, request) = orphaned(&here, &there, "onboard.deployment.committed").await?;
        let admin = second.admin().await?;
        let operation = admin.master().onboard_tenant(request.clone()).await?;
        let get = pb::GetOperationRequest {
            operation_id: operation.id.clone(),
        };
        let state = async || Ok(admin.master().get_operation(get.clone()).await?.state());
        here.write("UPDATE operation SET deadline_at = created_at, lease_expires_at = created_at")
            .await?;
        eventually("taken back", state, |state| *state == pb::OperationState::Compensating).await?;

        // However long that takes, it goes on: nobody else can end it. And waiting writes no entries.
        here.write("UPDATE operation SET deadline_at = created_at WHERE state = 'compensating'")
            .await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(state().await?, pb::OperationState::Compensating);
        let filter = format!("subject_id = \"{}\"", operation.id);
        let list = pb::ListAuditEntriesRequest {
            filter,
            ..Default::default()
        };
        let before = admin.master().list_audit_entries(list.clone()).await?.audit_entries.len();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(admin.master().list_audit_entries(list).await?.audit_entries.len(), before);

        let back = here.start("").await?;
        here.write("UPDATE operation SET run_at = created_at WHERE state = 'compensating'")
            .await?;
        let ended = finished(&admin, &operation.id).await?;
        assert_eq!(ended.state(), pb::OperationState::Failed);
        ensure!(here.instances()?.is_empty(), "{:?}", here.instances()?);
        // The name is free again.
        let again = pb::OnboardTenantRequest {
            request_id: portal_client::request_id(),
            ..request
        };
        let begun = admin.master().onboard_tenant(again).await?;
        assert_eq!(finished(&admin, &begun.id).await?.state(), pb::OperationState::Succeeded);
        back.stop().await
    })
}
