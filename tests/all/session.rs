//! Sessions: signing in and out, refresh tokens, access tokens, passwords.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use anyhow::{Result, ensure};
use chrono::{TimeDelta, Utc};
use futures::future::try_join_all;
use portal_client::{Client, Code, RpcError, pb};
use tenantry_tests::{ADMIN, Harness, PASSWORD, Refused, both, make};

use crate::people::{join, me, tenant};

const OTHER: &str = "another password 2";

/// A session with its tokens, in no client.
async fn raw_session(h: &Harness, portal: pb::Portal, email: &str, password: &str) -> Result<pb::Session, RpcError> {
    let request = pb::SignInRequest {
        portal: portal.into(),
        email: email.to_owned(),
        password: password.to_owned(),
        ..Default::default()
    };
    h.anybody(portal).auth().sign_in(request).await
}

async fn refresh(h: &Harness, token: &str, account_id: &str) -> Result<pb::Session, RpcError> {
    let request = pb::RefreshSessionRequest {
        portal: pb::Portal::Master.into(),
        refresh_token: token.to_owned(),
        account_id: account_id.to_owned(),
    };
    h.anybody(pb::Portal::Master).auth().refresh_session(request).await
}

/// A client that calls with exactly the tokens of a session.
fn with(h: &Harness, session: &pb::Session) -> Client {
    let client = h.anybody(session.portal());
    client.begin(session.clone());
    client
}

/// Whether an access token is taken; a client that could refresh would hide that it is not.
async fn is_good(h: &Harness, session: &pb::Session) -> bool {
    let only_access = pb::Session {
        refresh_token: "none".into(),
        ..session.clone()
    };
    with(h, &only_access).auth().get_session(pb::GetSessionRequest {}).await.is_ok()
}

both! {
    /// Several servers share the clock of their database, however far that of a machine is from it.
    async fn tokens_go_by_the_clock_of_the_database(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        for minutes in [-20, 20] {
            let ahead = TimeDelta::minutes(minutes);
            loop {
                let now = Utc::now();
                h.clock.follow_database(now + ahead, (now, now));
                let session = raw_session(&h, pb::Portal::Master, ADMIN, PASSWORD).await?;
                let is_good = is_good(&h, &session).await;
                // The server asks its database now and then; where it has just done so, the clock is put again.
                if (h.clock.now() - Utc::now() - ahead).abs() < TimeDelta::minutes(1) {
                    ensure!(is_good, "{minutes} minutes from the machine's");
                    break;
                }
            }
        }
        Ok(())
    }

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

    async fn a_wrong_address_and_a_wrong_password_look_the_same(h: Harness) -> Result<()> {
        let wrong = raw_session(&h, pb::Portal::Master, ADMIN, OTHER).await.refused(Code::Unauthenticated)?;
        let attempts = [
            ("nobody@vendor.example", PASSWORD, pb::Portal::Master),
            ("\0", PASSWORD, pb::Portal::Master),
            (ADMIN, PASSWORD, pb::Portal::Tenant),
        ];
        for (email, password, portal) in attempts {
            let other = raw_session(&h, portal, email, password).await.refused(Code::Unauthenticated)?;
            assert_eq!((other.message, other.reason), (wrong.message.clone(), wrong.reason.clone()), "{email:?}");
        }
        Ok(())
    }

    /// Fifty windows refresh at once: one family of tokens is left, and everybody is still signed in.
    async fn parallel_refreshes_leave_one_session(h: Harness) -> Result<()> {
        let staff = h.staff(pb::Role::MasterViewer).await?;
        let session = raw_session(&h, pb::Portal::Master, &me(&staff).email, PASSWORD).await?;
        let next = try_join_all((0..50).map(|_| refresh(&h, &session.refresh_token, ""))).await?;
        assert!(is_good(&h, &next[0]).await && is_good(&h, &next[49]).await);
        // All of them hold the same next token: the first to use it moves on, the others follow.
        let a = refresh(&h, &next[7].refresh_token, "").await?;
        refresh(&h, &next[31].refresh_token, "").await?;
        refresh(&h, &a.refresh_token, "").await?;
        Ok(())
    }

    async fn a_stolen_refresh_token_ends_the_session(h: Harness) -> Result<()> {
        let staff = h.staff(pb::Role::MasterViewer).await?;
        let email = me(&staff).email;
        let first = raw_session(&h, pb::Portal::Master, &email, PASSWORD).await?;
        let second = refresh(&h, &first.refresh_token, "").await?;
        let third = refresh(&h, &second.refresh_token, "").await?;
        assert!(is_good(&h, &third).await);
        let reused = refresh(&h, &first.refresh_token, "").await.refused(Code::Unauthenticated)?;
        assert_eq!(reused.reason, "SESSION_ENDED");
        refresh(&h, &third.refresh_token, "").await.refused(Code::Unauthenticated)?;
        assert!(!is_good(&h, &third).await);
        let entries = pb::ListAuditEntriesRequest {
            filter: format!("action = user.refresh_reused AND subject_id = {}", me(&staff).id),
            ..Default::default()
        };
        assert_eq!(h.master().list_audit_entries(entries).await?.audit_entries.len(), 1);
        Ok(())
    }

    async fn tokens_are_not_taken_for_one_another(h: Harness) -> Result<()> {
        let (_, admin) = tenant(&h, "tokens").await?;
        let session = raw_session(&h, pb::Portal::Tenant, &me(&admin).email, PASSWORD).await?;
        let swapped = pb::Session { access_token: session.refresh_token.clone(), refresh_token: "none".into(), ..session.clone() };
        let refused = with(&h, &swapped).tenant().list_users(pb::ListUsersRequest::default()).await;
        refused.refused(Code::Unauthenticated)?;
        refresh(&h, &session.access_token, "").await.refused(Code::Unauthenticated)?;
        // A tenant's token opens the tenant's service only.
        let elsewhere = pb::Session { refresh_token: "none".into(), ..session.clone() };
        with(&h, &elsewhere).master().list_users(pb::ListUsersRequest::default()).await.refused(Code::Unauthenticated)?;
        with(&h, &elsewhere).reseller().list_users(pb::ListUsersRequest::default()).await.refused(Code::Unauthenticated)?;
        // Nor does the seal of something else open as a refresh token.
        let page = pb::ListAuditEntriesRequest { page_size: 1, ..Default::default() };
        let page = with(&h, &session).tenant().list_audit_entries(page).await?;
        refresh(&h, &page.next_page_token, "").await.refused(Code::Unauthenticated)?;
        Ok(())
    }

    async fn signing_out_ends_both_tokens(h: Harness) -> Result<()> {
        let staff = h.staff(pb::Role::MasterViewer).await?;
        let email = me(&staff).email;
        let session = raw_session(&h, pb::Portal::Master, &email, PASSWORD).await?;
        assert!(is_good(&h, &session).await);
        with(&h, &session).auth().sign_out(pb::SignOutRequest {}).await?;
        assert!(!is_good(&h, &session).await);
        refresh(&h, &session.refresh_token, "").await.refused(Code::Unauthenticated)?;
        // Another session of the person lives on.
        staff.master().list_plans(pb::ListPlansRequest::default()).await?;
        Ok(())
    }

    async fn a_new_password_ends_the_other_sessions(h: Harness) -> Result<()> {
        let staff = h.staff(pb::Role::MasterViewer).await?;
        let email = me(&staff).email;
        let other = raw_session(&h, pb::Portal::Master, &email, PASSWORD).await?;
        let change = |current: &str, new: &str| pb::ChangePasswordRequest { current_password: current.into(), new_password: new.into() };
        let wrong = staff.auth().change_password(change(OTHER, "short")).await.violations()?;
        assert_eq!(wrong, ["current_password", "new_password"]);
        staff.auth().change_password(change(PASSWORD, OTHER)).await?;
        staff.master().list_plans(pb::ListPlansRequest::default()).await?;
        assert!(!is_good(&h, &other).await);
        refresh(&h, &other.refresh_token, "").await.refused(Code::Unauthenticated)?;
        raw_session(&h, pb::Portal::Master, &email, PASSWORD).await.refused(Code::Unauthenticated)?;
        raw_session(&h, pb::Portal::Master, &email, OTHER).await?;
        Ok(())
    }

    /// Two windows of one browser in two accounts: neither moves the other.
    async fn a_token_stays_in_its_account(h: Harness) -> Result<()> {
        let (first, _) = tenant(&h, "window").await?;
        let (second, _) = tenant(&h, "window-too").await?;
        let request = |tenant: &str, key: &str| pb::InviteUserRequest {
            request_id: h.name(key),
            tenant_id: tenant.to_owned(),
            ..make::user(&h.name("both"), pb::Role::TenantAdmin)
        };
        join(&h, request(&first, "a")).await?;
        let person = join(&h, request(&second, "b")).await?;
        let (foreign, _) = tenant(&h, "window-not").await?;

        let one = raw_session(&h, pb::Portal::Tenant, &me(&person).email, PASSWORD).await?;
        let accounts: Vec<_> = one.accounts.iter().map(|a| a.id.as_str()).collect();
        assert_eq!(accounts, [first.as_str(), second.as_str()]);
        let account = |s: &pb::Session| s.account.clone().unwrap_or_default().id;
        assert_eq!(account(&one), first);
        let refused = refresh(&h, &one.refresh_token, &foreign).await.refused(Code::NotFound)?;
        assert_eq!(refused.message, "There is no such account.");
        let two = refresh(&h, &one.refresh_token, &second).await?;
        assert_eq!(account(&two), second);
        // The same token at the same moment, from the other window.
        let three = refresh(&h, &one.refresh_token, &first).await?;
        assert_eq!(account(&three), first);
        // Whoever comes in stands in the trail of the account, also with the token of before.
        let own = me(&person);
        for id in [&first, &second] {
            let filter = format!("tenant_id = {id} AND action = user.switch_account AND actor_id = {}", own.id);
            let told = h.master().list_audit_entries(pb::ListAuditEntriesRequest { filter, ..Default::default() }).await?;
            assert_eq!(told.audit_entries.len(), 1, "{id}");
        }
        for (session, id) in [(&one, &first), (&two, &second), (&three, &first)] {
            let got = with(&h, session).auth().get_session(pb::GetSessionRequest {}).await?;
            assert_eq!(&account(&got), id);
        }
        Ok(())
    }
}
