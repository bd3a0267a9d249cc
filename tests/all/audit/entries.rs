//! The audit log.

use anyhow::Result;
use portal_client::{Code, pb};
use tenantry_tests::{Harness, PASSWORD, Refused, both, make};

use crate::people::{accept, me, my_id, tenant, token};

fn of(filter: String) -> pb::ListAuditEntriesRequest {
    pb::ListAuditEntriesRequest {
        filter,
        order_by: "time".into(),
        page_size: 200,
        ..Default::default()
    }
}

both! {
    async fn every_change_of_a_person_has_one_entry(h: Harness) -> Result<()> {
        let (acme, admin) = tenant(&h, "trail").await?;
        let invited = admin.tenant().invite_user(make::user(&h.name("traced"), pb::Role::TenantUser)).await?;
        let person = accept(&h, &token(&invited)?, PASSWORD).await?;
        let id = my_id(&person);
        let change = pb::ChangePasswordRequest { current_password: PASSWORD.into(), new_password: "a secret canary".into() };
        person.auth().change_password(change).await?;
        person.sign_out().await?;
        let role = pb::SetUserRoleRequest { user_id: id.clone(), role: pb::Role::TenantViewer.into(), ..Default::default() };
        admin.tenant().set_user_role(role).await?;
        admin.tenant().remove_user(pb::RemoveUserRequest { user_id: id.clone(), ..Default::default() }).await?;

        let entries = admin.tenant().list_audit_entries(of(format!("subject_id = {id}"))).await?.audit_entries;
        let (admins, own) = (me(&admin).email, me_email(&invited));
        let trail: Vec<_> = entries.iter().map(|e| (e.action.as_str(), e.actor_name.as_str())).collect();
        let expected = [
            ("user.invite", admins.as_str()),
            ("user.accept_invitation", own.as_str()),
            ("user.sign_in", own.as_str()),
            ("user.change_password", own.as_str()),
            ("user.sign_out", own.as_str()),
            ("user.set_role", admins.as_str()),
            ("user.remove", admins.as_str()),
        ];
        assert_eq!(trail, expected);
        assert!(entries.iter().all(|e| e.subject_kind == "user" && e.subject_name == own && e.tenant_id == acme));
        let changed: Vec<_> = entries[5].changes.iter().map(|c| (c.field.as_str(), c.before.as_str(), c.after.as_str())).collect();
        assert_eq!(changed, [("membership.role", "\"tenant_user\"", "\"tenant_viewer\"")]);

        // No secret is in it: neither passwords nor their hashes nor the token of the link.
        let text = format!("{entries:?}");
        for secret in [PASSWORD, "a secret canary", "argon2", token(&invited)?.as_str()] {
            assert!(!text.contains(secret), "{secret}");
        }
        Ok(())
    }

    async fn a_tenant_reads_its_own_log_only(h: Harness) -> Result<()> {
        let (acme, admin) = tenant(&h, "log").await?;
        let (other, _) = tenant(&h, "log-too").await?;
        let all = admin.tenant().list_audit_entries(of(String::new())).await?.audit_entries;
        assert!(!all.is_empty() && all.iter().all(|e| e.tenant_id == acme));
        let theirs = of(format!("tenant_id = {other}"));
        assert!(admin.tenant().list_audit_entries(theirs.clone()).await?.audit_entries.is_empty());
        assert!(!h.master().list_audit_entries(theirs).await?.audit_entries.is_empty());

        let mut newest = pb::ListAuditEntriesRequest { page_size: 1, ..Default::default() };
        let first = admin.tenant().list_audit_entries(newest.clone()).await?;
        newest.page_token = first.next_page_token;
        let second = admin.tenant().list_audit_entries(newest.clone()).await?;
        let time = |page: &pb::ListAuditEntriesResponse| page.audit_entries[0].time;
        let seconds = |t: Option<prost_types::Timestamp>| t.map(|t| (t.seconds, t.nanos));
        assert!(seconds(first.audit_entries[0].time) >= seconds(time(&second)));
        // A page token belongs to its reader and its question.
        h.master().list_audit_entries(newest).await.refused(Code::InvalidArgument)?;
        for (filter, order) in [("secret = 1", ""), ("time > yesterday", ""), ("", "actor_name"), ("action = \"\0\"", "")] {
            let request = pb::ListAuditEntriesRequest { filter: filter.into(), order_by: order.into(), ..Default::default() };
            h.master().list_audit_entries(request).await.violations()?;
        }
        Ok(())
    }
}

fn me_email(invited: &pb::InviteUserResponse) -> String {
    invited.user.clone().unwrap_or_default().email
}
