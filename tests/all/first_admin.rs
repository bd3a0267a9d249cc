//! The first admin, made with the token that the server prints at its first start.

use std::sync::Arc;

use anyhow::{Context, Result};
use futures::future::join_all;
use portal_client::{Client, Code, pb};
use tenantry::{
    clock::Clock,
    config::Settings,
    serve::{self, Running},
};
use tenantry_tests::{ADMIN, Database, Harness, PASSWORD, Refused, Server, both, fresh_settings};

/// A server that nobody has signed in to yet.
pub async fn without_admin(database: Database) -> Result<Arc<Server>> {
    Server::with(database, unclaimed(database).await?).await
}

async fn unclaimed(database: Database) -> Result<Settings> {
    let mut settings = fresh_settings(database).await?;
    settings.bootstrap_email.clear();
    settings.bootstrap_password.clear();
    Ok(settings)
}

pub fn token(running: &Running) -> Result<String> {
    running.setup_token.clone().context("there is no admin yet")
}

pub fn request(token: &str) -> pb::CreateFirstAdminRequest {
    pb::CreateFirstAdminRequest {
        token: token.into(),
        email: ADMIN.into(),
        display_name: "Ada".into(),
        password: PASSWORD.into(),
        cookie: false,
    }
}

both! {
    async fn the_first_admin_is_made_once(h: Harness) -> Result<()> {
        let settings = unclaimed(h.database()).await?;
        let first = serve::start(settings.clone(), Clock::default()).await?;
        let earlier = token(&first)?;
        first.stop().await;

        // The next start prints another token, and the one of before is void.
        let server = Server::with(h.database(), settings.clone()).await?;
        let client = Client::new(&server.origin(), pb::Portal::Master, |_| ());
        let auth = client.auth();
        for wrong in [earlier.as_str(), "", "garbage"] {
            let refused = auth.create_first_admin(request(wrong)).await.refused(Code::Unauthenticated)?;
            assert_eq!(refused.reason, "BAD_SETUP_TOKEN");
        }
        let good = token(&server.running)?;
        let wrong = pb::CreateFirstAdminRequest { token: good.clone(), password: "short".into(), ..Default::default() };
        assert_eq!(auth.create_first_admin(wrong).await.violations()?, ["email", "display_name", "password"]);

        // Of many at once one is made.
        let mut sessions = Vec::new();
        for one in join_all((0..5).map(|_| auth.create_first_admin(request(&good)))).await {
            match one {
                Ok(session) => sessions.push(session),
                // Too late for the token, or for the admin.
                Err(error) => assert!(["FIRST_ADMIN_EXISTS", "BAD_SETUP_TOKEN"].contains(&error.reason.as_str()), "{error:?}"),
            }
        }
        assert_eq!(sessions.len(), 1);
        client.begin(sessions.remove(0));
        assert_eq!(client.session().map(|session| session.role()), Some(pb::Role::MasterAdmin));
        assert_eq!(client.master().list_users(pb::ListUsersRequest::default()).await?.total_size, 1);
        let again = auth.create_first_admin(request(&good)).await.refused(Code::FailedPrecondition)?;
        assert_eq!(again.reason, "FIRST_ADMIN_EXISTS");

        // Its folder is removed when it is dropped, which is after the next one.
        let server = Arc::into_inner(server).context("nobody else has it")?;
        server.running.stop().await;
        let next = serve::start(settings, Clock::default()).await?;
        assert_eq!(next.setup_token, None);
        next.stop().await;
        Ok(())
    }
}
