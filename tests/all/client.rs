//! The client that portals and tests call with: what it does about tokens and servers that go away.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result};
use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use portal_client::{Client, Code, pb};
use tenantry::{id::UserId, identity::session::entity::Portal};
use tenantry_tests::{ADMIN, Harness, PASSWORD, Refused, Site, both};

/// A client that counts how often its session began or changed, and how often it was over.
fn counting(origin: &str) -> (Client, Arc<[AtomicU32; 2]>) {
    let counts = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let told = counts.clone();
    let client = Client::new(origin, pb::Portal::Master, move |session| {
        told[usize::from(session.is_none())].fetch_add(1, Ordering::Relaxed);
    });
    (client, counts)
}

fn seen(counts: &[AtomicU32; 2]) -> (u32, u32) {
    (counts[0].load(Ordering::Relaxed), counts[1].load(Ordering::Relaxed))
}

both! {
    async fn an_expired_token_is_renewed_once_for_many_calls(h: Harness) -> Result<()> {
        let request = pb::SignInRequest {
            portal: pb::Portal::Master.into(),
            email: ADMIN.into(),
            password: PASSWORD.into(),
            ..Default::default()
        };
        let session = h.anybody(pb::Portal::Master).auth().sign_in(request).await?;
        let tokens = &h.running.app.tokens;
        let claims = tokens.check(&session.access_token, &[Portal::Master.service()], Utc::now())?;
        let hour_ago = Utc::now() - TimeDelta::hours(1);
        let (expired, _) = tokens.issue(UserId::new(), claims.sid, claims.mid, Portal::Master, hour_ago)?;

        let (client, counts) = counting(&h.origin());
        client.begin(pb::Session { access_token: expired, ..session.clone() });
        let calls = (0..20).map(|_| client.master().list_plans(pb::ListPlansRequest::default()));
        for answer in join_all(calls).await {
            answer?;
        }
        assert_eq!(seen(&counts), (2, 0), "begun, and renewed once");

        // Somebody ends the session elsewhere: the renewal is refused, and the app is told.
        let elsewhere = h.anybody(pb::Portal::Master);
        elsewhere.begin(session);
        elsewhere.sign_out().await?;
        let refused = client.master().list_plans(pb::ListPlansRequest::default()).await.refused(Code::Unauthenticated)?;
        assert_eq!(refused.reason, "SESSION_ENDED");
        assert_eq!(seen(&counts), (2, 1));
        assert!(client.session().is_none());
        Ok(())
    }

    async fn a_refusal_says_all_that_a_page_needs(h: Harness) -> Result<()> {
        let refused = h.master().create_plan(pb::CreatePlanRequest::default()).await.refused(Code::InvalidArgument)?;
        assert_eq!(refused.reason, "INVALID_ARGUMENT");
        assert!(refused.violations.iter().any(|(field, message)| field == "plan.code" && !message.is_empty()));
        assert!(refused.request_id.is_some() && !refused.uncertain && refused.retry_after.is_none());
        let request = pb::WatchOperationRequest { operation_id: format!("ope_{}", "0".repeat(32)) };
        let missing = match h.master().watch_operation(request).await {
            Err(error) => error,
            Ok(mut stream) => stream.next().await.context("a refusal")?.refused(Code::NotFound)?,
        };
        assert!(missing.code == Code::NotFound && missing.request_id.is_some(), "{missing:?}");
        Ok(())
    }

    async fn a_stream_that_breaks_says_so_at_its_end(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let mut changes = admin.master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        let first = changes.next().await.context("the snapshot")??;
        assert!(first.event.is_some());
        server.kill();
        let broken = loop {
            if let Err(error) = changes.next().await.context("an error at the end")? {
                break error;
            }
        };
        assert_eq!((broken.code, broken.uncertain), (Code::Unavailable, true));
        assert!(changes.next().await.is_none());
        let away = admin.master().list_plans(pb::ListPlansRequest::default()).await.refused(Code::Unavailable)?;
        assert!(away.uncertain && away.request_id.is_none());
        assert!(admin.session().is_some(), "the session is not over because the server is away");
        Ok(())
    }
}
