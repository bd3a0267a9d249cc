//! Users, roles and invitations.

use anyhow::Result;
use futures::future::join_all;
use portal_client::{Code, pb};
use tenantry_tests::{Harness, PASSWORD, Refused, both, make};

use crate::people::{accept, acceptance, join, me, my_id, tenant, token, token_of};

const OTHER: &str = "another password 2";

fn in_tenant(id: &str, request: pb::InviteUserRequest) -> pb::InviteUserRequest {
    pb::InviteUserRequest {
        tenant_id: id.to_owned(),
        ..request
    }
}

fn set(user_id: &str, role: pb::Role) -> pb::SetUserRoleRequest {
    pb::SetUserRoleRequest {
        user_id: user_id.to_owned(),
        role: role.into(),
        ..Default::default()
    }
}

fn remove(user_id: &str) -> pb::RemoveUserRequest {
    pb::RemoveUserRequest {
        user_id: user_id.to_owned(),
        ..Default::default()
    }
}

fn issue(user_id: &str) -> pb::IssueInvitationRequest {
    pb::IssueInvitationRequest {
        user_id: user_id.to_owned(),
        ..Default::default()
    }
}

fn sign_in(portal: pb::Portal, email: &str, password: &str) -> pb::SignInRequest {
    pb::SignInRequest {
        portal: portal.into(),
        email: email.to_owned(),
        password: password.to_owned(),
        ..Default::default()
    }
}

/// What is different for everybody is the same: ids, times, the name that the test chose.
fn masked(user: &pb::User, email: &str) -> pb::User {
    let mut user = user.clone();
    assert_eq!(user.email, email);
    user.id.clear();
    user.email.clear();
    user.create_time = None;
    user
}

both! {
    async fn an_invitation_is_accepted_once(h: Harness) -> Result<()> {
        let (acme, admin) = tenant(&h, "once").await?;
        let name = h.name("guest");
        let invited = admin.tenant().invite_user(make::user(&name.to_uppercase(), pb::Role::TenantUser)).await?;
        let user = invited.user.clone().unwrap_or_default();
        assert_eq!(user.email, make::email(&name), "one spelling");
        assert_eq!((user.state(), user.memberships[0].state()), (pb::UserState::Invited, pb::UserState::Invited));

        let anybody = h.anybody(pb::Portal::Tenant);
        let first = token(&invited)?;
        let told = anybody.auth().get_invitation(pb::GetInvitationRequest { token: first.clone() }).await?;
        assert_eq!((told.portal(), told.email.as_str()), (pb::Portal::Tenant, user.email.as_str()));
        assert_eq!(told.account_name, format!("Tenant {}", h.name("once")));

        // A new link replaces the first.
        let second = token_of(&admin.tenant().issue_invitation(issue(&user.id)).await?.url)?;
        anybody.auth().get_invitation(pb::GetInvitationRequest { token: first.clone() }).await.refused(Code::NotFound)?;
        anybody.auth().accept_invitation(acceptance(&first, PASSWORD)).await.refused(Code::NotFound)?;
        let mut wrong = acceptance(&second, "short");
        wrong.display_name.clear();
        assert_eq!(anybody.auth().accept_invitation(wrong).await.violations()?, ["display_name", "password"]);

        // Many at once: one gets in.
        let mut sessions = Vec::new();
        let auth = anybody.auth();
        for one in join_all((0..8).map(|_| auth.accept_invitation(acceptance(&second, PASSWORD)))).await {
            match one {
                Ok(session) => sessions.push(session),
                Err(error) => assert!(matches!(error.code, Code::NotFound | Code::Aborted | Code::InvalidArgument), "{error:?}"),
            }
        }
        assert_eq!(sessions.len(), 1);
        let session = sessions.remove(0);
        assert_eq!((session.role(), session.portal()), (pb::Role::TenantUser, pb::Portal::Tenant));
        assert_eq!(session.account.unwrap_or_default().id, acme);
        assert_eq!(session.user.unwrap_or_default().display_name, "Invited person");
        anybody.sign_in(&user.email.to_uppercase(), PASSWORD, "").await?;
        admin.tenant().issue_invitation(issue(&user.id)).await.refused(Code::FailedPrecondition)?;
        Ok(())
    }

    async fn a_repeated_invitation_tells_no_secret_again(h: Harness) -> Result<()> {
        let (_, admin) = tenant(&h, "again").await?;
        let request = make::user(&h.name("repeated"), pb::Role::TenantViewer);
        let first = admin.tenant().invite_user(request.clone()).await?;
        let again = admin.tenant().invite_user(request.clone()).await?;
        assert_eq!(again.user, first.user);
        assert!(again.invitation.clone().unwrap_or_default().url.is_empty());
        accept(&h, &token(&first)?, PASSWORD).await?;
        let other = pb::InviteUserRequest { request_id: "another key".into(), ..request };
        let refused = admin.tenant().invite_user(other).await.refused(Code::AlreadyExists)?;
        assert_eq!((refused.reason.as_str(), refused.violations[0].0.as_str()), ("USER_EXISTS", "email"));
        let all = admin.tenant().invite_user(pb::InviteUserRequest::default()).await.violations()?;
        assert_eq!(all, ["request_id", "email", "display_name", "role"]);
        Ok(())
    }

    /// One tenant invites a person who works elsewhere and one whom nobody knows: nothing that it sees is different.
    async fn accounts_do_not_learn_of_one_another(h: Harness) -> Result<()> {
        let (elsewhere, _) = tenant(&h, "elsewhere").await?;
        let (_, admin) = tenant(&h, "curious").await?;
        let (known, stranger) = (h.name("known"), h.name("stranger"));
        join(&h, in_tenant(&elsewhere, make::user(&known, pb::Role::TenantAdmin))).await?;

        let mut seen = Vec::new();
        for name in [&known, &stranger] {
            let email = make::email(name);
            let request = pb::InviteUserRequest { display_name: "Somebody".into(), ..make::user(name, pb::Role::TenantUser) };
            let invited = admin.tenant().invite_user(request).await?;
            let user = invited.user.clone().unwrap_or_default();
            let got = admin.tenant().get_user(pb::GetUserRequest { user_id: user.id.clone() }).await?;
            let invited_ones = pb::ListUsersRequest { filter: format!("state = INVITED AND email = \"{email}\""), ..Default::default() };
            let listed = admin.tenant().list_users(invited_ones).await?;
            assert_eq!((listed.total_size, listed.users[0].clone()), (1, got.clone()));
            let link = admin.tenant().issue_invitation(issue(&user.id)).await?;
            let shown = h.anybody(pb::Portal::Tenant).auth().get_invitation(pb::GetInvitationRequest { token: token_of(&link.url)? }).await?;
            let entries = pb::ListAuditEntriesRequest { filter: format!("subject_id = {}", user.id), ..Default::default() };
            let entries = admin.tenant().list_audit_entries(entries).await?.audit_entries;
            let trail: Vec<_> = entries.into_iter().map(|e| {
                let fields: Vec<_> = e.changes.into_iter().map(|c| c.field).collect();
                (e.action, e.subject_kind, fields)
            }).collect();
            assert_eq!(shown.email, email);
            let shown = (shown.portal, shown.display_name, shown.account_name);
            seen.push((masked(&user, &email), masked(&got, &email), invited.invitation.is_some(), shown, trail));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0].0.state(), pb::UserState::Invited);
        Ok(())
    }

    /// Somebody makes up a password for an address that others trust: it opens nothing that was not given to that password.
    async fn a_password_made_up_elsewhere_takes_no_role(h: Harness) -> Result<()> {
        let (evil, attacker) = tenant(&h, "evil").await?;
        let name = h.name("chief");
        let request = make::user(&name, pb::Role::TenantViewer);
        let invited = attacker.tenant().invite_user(request).await?;
        accept(&h, &token(&invited)?, OTHER).await?;

        let mut wanted = make::user(&name, pb::Role::MasterAdmin);
        wanted.display_name = "The real chief".into();
        let invited = h.master().invite_user(wanted).await?;
        let link = token(&invited)?;
        let anybody = h.anybody(pb::Portal::Master);
        let email = make::email(&name);
        anybody.auth().sign_in(sign_in(pb::Portal::Master, &email, OTHER)).await.refused(Code::Unauthenticated)?;
        assert_eq!(anybody.auth().accept_invitation(acceptance(&link, PASSWORD)).await.violations()?, ["password"]);

        // Once the made-up role is gone, so is its password, and the right person chooses one.
        let user_id = invited.user.unwrap_or_default().id;
        h.master().remove_user(pb::RemoveUserRequest { tenant_id: evil, ..remove(&user_id) }).await?;
        let chief = accept(&h, &link, PASSWORD).await?;
        assert_eq!(me(&chief).memberships[0].role(), pb::Role::MasterAdmin);
        anybody.auth().sign_in(sign_in(pb::Portal::Tenant, &email, OTHER)).await.refused(Code::Unauthenticated)?;
        h.master().remove_user(remove(&user_id)).await?;
        Ok(())
    }

    async fn a_role_changes_and_its_sessions_end(h: Harness) -> Result<()> {
        let (first, admin) = tenant(&h, "roles").await?;
        let (second, _) = tenant(&h, "roles-too").await?;
        let request = make::user(&h.name("worker"), pb::Role::TenantUser);
        let worker = join(&h, in_tenant(&first, request.clone())).await?;
        let again = pb::InviteUserRequest { request_id: h.name("again"), ..request };
        let elsewhere = join(&h, in_tenant(&second, again)).await?;
        let person = my_id(&worker);
        assert_eq!(my_id(&elsewhere), person);

        let wrong = admin.tenant().set_user_role(set(&person, pb::Role::ResellerAdmin)).await.violations()?;
        assert_eq!(wrong, ["role"]);
        let old = pb::SetUserRoleRequest { etag: "1".into(), ..set(&person, pb::Role::TenantViewer) };
        admin.tenant().set_user_role(old).await.refused(Code::Aborted)?;
        let etag = me(&worker).memberships[0].etag.clone();
        let now = pb::SetUserRoleRequest { etag: etag.clone(), tenant_id: first.clone(), ..set(&person, pb::Role::TenantViewer) };
        let changed = admin.tenant().set_user_role(now).await?;
        assert_eq!((changed.memberships.len(), changed.memberships[0].role()), (1, pb::Role::TenantViewer));
        assert_ne!(changed.memberships[0].etag, etag);

        worker.tenant().list_users(pb::ListUsersRequest::default()).await.refused(Code::Unauthenticated)?;
        elsewhere.tenant().list_users(pb::ListUsersRequest::default()).await?;
        // The vendor does the same for the tenant.
        let by_vendor = pb::SetUserRoleRequest { tenant_id: second.clone(), ..set(&person, pb::Role::TenantAdmin) };
        h.master().set_user_role(by_vendor).await?;
        let whole = h.master().get_user(pb::GetUserRequest { user_id: person.clone() }).await?;
        let roles: Vec<_> = whole.memberships.iter().map(|m| (m.tenant_id.as_str(), m.role())).collect();
        assert_eq!(roles, [(first.as_str(), pb::Role::TenantViewer), (second.as_str(), pb::Role::TenantAdmin)]);
        Ok(())
    }

    async fn the_last_admin_stays(h: Harness) -> Result<()> {
        let (_, admin) = tenant(&h, "last").await?;
        let me = my_id(&admin);
        let invited = admin.tenant().invite_user(make::user(&h.name("second"), pb::Role::TenantAdmin)).await?;
        // One who was only invited is no replacement.
        let refused = admin.tenant().remove_user(remove(&me)).await.refused(Code::FailedPrecondition)?;
        assert_eq!(refused.reason, "LAST_ADMIN");
        admin.tenant().set_user_role(set(&me, pb::Role::TenantUser)).await.refused(Code::FailedPrecondition)?;
        let second = accept(&h, &token(&invited)?, PASSWORD).await?;

        // Both take the other's role away at once.
        let (a, b) = (remove(&my_id(&second)), remove(&me));
        let (a, b) = tokio::join!(admin.tenant().remove_user(a), second.tenant().remove_user(b));
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        Ok(())
    }

    async fn a_removed_member_is_out(h: Harness) -> Result<()> {
        let (acme, admin) = tenant(&h, "removed").await?;
        let name = h.name("leaver");
        let leaver = join(&h, in_tenant(&acme, make::user(&name, pb::Role::TenantUser))).await?;
        let person = my_id(&leaver);
        admin.tenant().remove_user(pb::RemoveUserRequest { etag: "1".into(), ..remove(&person) }).await.refused(Code::Aborted)?;
        admin.tenant().remove_user(remove(&person)).await?;
        leaver.tenant().list_users(pb::ListUsersRequest::default()).await.refused(Code::Unauthenticated)?;
        admin.tenant().get_user(pb::GetUserRequest { user_id: person.clone() }).await.refused(Code::NotFound)?;
        let anybody = h.anybody(pb::Portal::Tenant);
        let again = sign_in(pb::Portal::Tenant, &make::email(&name), PASSWORD);
        anybody.auth().sign_in(again).await.refused(Code::Unauthenticated)?;

        // Whoever has no role left is forgotten. Invited again it is somebody new, with a new password.
        h.master().get_user(pb::GetUserRequest { user_id: person.clone() }).await.refused(Code::NotFound)?;
        let invited = admin.tenant().invite_user(make::user(&name, pb::Role::TenantViewer)).await?;
        assert_ne!(invited.user.clone().unwrap_or_default().id, person);
        accept(&h, &token(&invited)?, OTHER).await?;
        Ok(())
    }

    async fn what_is_not_one_s_own_is_missing(h: Harness) -> Result<()> {
        let (foreign, other) = tenant(&h, "foreign").await?;
        let (_, admin) = tenant(&h, "own").await?;
        let made_up = format!("usr_{}", "0".repeat(32));
        let (theirs, vendors) = (my_id(&other), my_id(h.admin()));
        for id in [&made_up, &theirs, &vendors] {
            let calls = [
                admin.tenant().get_user(pb::GetUserRequest { user_id: id.clone() }).await.refused(Code::NotFound)?,
                admin.tenant().issue_invitation(issue(id)).await.refused(Code::NotFound)?,
                admin.tenant().set_user_role(set(id, pb::Role::TenantUser)).await.refused(Code::NotFound)?,
                admin.tenant().remove_user(remove(id)).await.refused(Code::NotFound)?,
            ];
            assert!(calls.iter().all(|e| e.message == "There is no such user."), "{calls:?}");
        }
        let made_up = format!("ten_{}", "0".repeat(32));
        for id in [&made_up, &foreign] {
            let invite = in_tenant(id, make::user(&h.name("nobody"), pb::Role::TenantUser));
            let list = pb::ListUsersRequest { tenant_id: id.clone(), ..Default::default() };
            let calls = [
                admin.tenant().invite_user(invite).await.refused(Code::NotFound)?,
                admin.tenant().list_users(list).await.refused(Code::NotFound)?,
            ];
            assert!(calls.iter().all(|e| e.message == "There is no such tenant."), "{calls:?}");
        }
        let list = pb::ListUsersRequest { tenant_id: made_up, ..Default::default() };
        h.master().list_users(list).await.refused(Code::NotFound)?;
        Ok(())
    }

    async fn nobody_hands_out_more_than_the_own_role(h: Harness) -> Result<()> {
        let (operator, support) = (h.staff(pb::Role::MasterOperator).await?, h.staff(pb::Role::MasterSupport).await?);
        let (acme, _) = tenant(&h, "handed").await?;
        let (above, below) = (make::user(&h.name("above"), pb::Role::MasterAdmin), make::user(&h.name("below"), pb::Role::MasterViewer));
        let theirs = in_tenant(&acme, make::user(&h.name("theirs"), pb::Role::TenantAdmin));
        let mut ids = Vec::new();
        for request in [above, below, theirs] {
            ids.push(h.master().invite_user(request).await?.user.unwrap_or_default().id);
        }
        operator.master().issue_invitation(issue(&ids[0])).await.refused(Code::PermissionDenied)?;
        operator.master().issue_invitation(issue(&ids[1])).await?;
        operator.master().issue_invitation(issue(&ids[2])).await?;
        // Who has the link can take the role: support, who cannot invite, gets none.
        support.master().issue_invitation(issue(&ids[2])).await.refused(Code::PermissionDenied)?;
        Ok(())
    }

    async fn people_are_listed_by_filter_and_order(h: Harness) -> Result<()> {
        let (acme, admin) = tenant(&h, "listed").await?;
        let mark = h.name("listed-guest");
        for i in 0..5 {
            admin.tenant().invite_user(make::user(&format!("{mark}-{i}"), pb::Role::TenantViewer)).await?;
        }
        let mut request = pb::ListUsersRequest {
            page_size: 2,
            filter: format!("email : \"{mark}\""),
            order_by: "display_name desc".into(),
            ..Default::default()
        };
        let mut names = Vec::new();
        loop {
            let page = admin.tenant().list_users(request.clone()).await?;
            assert_eq!(page.total_size, 5);
            names.extend(page.users.into_iter().map(|u| u.display_name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        let expected: Vec<_> = (0..5).rev().map(|i| format!("Person {mark}-{i}")).collect();
        assert_eq!(names, expected);
        // The token of one account is none for the list of all.
        let all = pb::ListUsersRequest { tenant_id: String::new(), ..request.clone() };
        assert_eq!(h.master().list_users(all).await.violations()?, ["page_token"]);
        let theirs = pb::ListUsersRequest { tenant_id: acme, filter: request.filter, ..Default::default() };
        assert_eq!(h.master().list_users(theirs).await?.users.len(), 5);
        Ok(())
    }

    /// Two tenants invite the same new person at the same moment: it is one person.
    async fn a_person_is_made_once(h: Harness) -> Result<()> {
        let (_, first) = tenant(&h, "race").await?;
        let (_, second) = tenant(&h, "race-too").await?;
        for i in 0..5 {
            let invite = || make::user(&h.name(&format!("raced-{i}")), pb::Role::TenantUser);
            let (a, b) = (invite(), invite());
            let (a, b) = tokio::join!(first.tenant().invite_user(a), second.tenant().invite_user(b));
            assert_eq!(a?.user.unwrap_or_default().id, b?.user.unwrap_or_default().id);
        }
        Ok(())
    }
}
