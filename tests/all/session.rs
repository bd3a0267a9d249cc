//! The client's own session over a real server.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use anyhow::Result;
use portal_client::{Client, Code, pb};
use tenantry_tests::{ADMIN, Harness, PASSWORD, Refused, both};

both! {
    async fn a_session_begins_and_ends(h: Harness) -> Result<()> {
        let (begun, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let told = (begun.clone(), over.clone());
        let client = Client::new(&h.origin(), pb::Portal::Master, move |session| {
            let place = if session.is_some() { &told.0 } else { &told.1 };
            place.fetch_add(1, Ordering::Relaxed);
        });
        let list = async || client.master().list_plans(pb::ListPlansRequest::default()).await;
        assert_eq!(list().await.refused(Code::Unauthenticated)?.reason, "NO_TOKEN");
        let wrong = client.sign_in(ADMIN, "wrong horse battery", "").await.refused(Code::Unauthenticated)?;
        assert_eq!(wrong.reason, "BAD_SIGN_IN");
        assert!(wrong.request_id.is_some());

        let session = client.sign_in(ADMIN, PASSWORD, "").await?;
        assert_eq!(session.role(), pb::Role::MasterAdmin);
        assert!(session.access_token.is_empty() && session.refresh_token.is_empty());
        list().await?;
        client.sign_out().await?;
        list().await.refused(Code::Unauthenticated)?;
        assert_eq!((begun.load(Ordering::Relaxed), over.load(Ordering::Relaxed)), (1, 1));
        Ok(())
    }
}
