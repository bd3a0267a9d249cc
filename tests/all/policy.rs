//! Which role may call what: the policy as the vendor writes it, how soon it counts everywhere, and that nobody hands out more than the own role may do.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use portal_client::{Client, Code, Items, pb};
use tenantry_tests::{
    Db, Harness, PASSWORD, Process, Refused, Site, accept, both, eventually, make, on_postgres, until_refused, with_stall,
};
use tokio::time::timeout;

/// How long a change may take to reach every server.
const REACH: Duration = Duration::from_secs(5);

async fn policy(client: &Client) -> Result<pb::Policy> {
    Ok(client.master().get_policy(pb::GetPolicyRequest {}).await?)
}

/// A request to write other rules in place of those that a caller has seen.
fn write(seen: &pb::Policy, text: impl Into<String>) -> pb::UpdatePolicyRequest {
    pb::UpdatePolicyRequest {
        policy: Some(pb::Policy {
            text: text.into(),
            ..seen.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["text".into()],
        }),
        validate_only: false,
        ..Default::default()
    }
}

/// The rules that come with the program, without the lines that hold some words.
fn without(seen: &pb::Policy, words: &str) -> String {
    seen.text
        .lines()
        .filter(|line| !line.contains(words))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Writes rules past the server that mean nothing.
async fn spoil(h: &Harness) -> Result<()> {
    let done = Db::open(&h.settings)
        .await?
        .execute("UPDATE policy SET text = 'p, half', row_version = 50")
        .await?;
    ensure!(done == 1);
    Ok(())
}

async fn may_list_plans(client: &Client) -> Result<bool> {
    match client.master().list_plans(pb::ListPlansRequest::default()).await {
        Ok(_) => Ok(true),
        answer => answer.refused(Code::PermissionDenied).map(|_| false),
    }
}

both! {
    async fn the_policy_is_written_with_its_etag_and_taken_back(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let (master, viewer) = (h.master(), h.staff(pb::Role::MasterViewer).await?);
        let first = policy(h.admin()).await?;
        ensure!(first.built_in && first.text.contains("p, master_viewer, /tenantry.v1.MasterAdminService/List*"));
        assert_eq!(policy(&viewer).await?, first, "everybody of the vendor's may read it");
        viewer.master().update_policy(write(&first, "")).await.refused(Code::PermissionDenied)?;

        // Every wrong rule is named, and nothing has changed.
        let wrong = format!("{}\np, nobody, *\nq\n", first.text);
        let refused = master.update_policy(write(&first, wrong)).await.refused(Code::InvalidArgument)?;
        let fields: Vec<_> = refused.violations.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["policy.text", "policy.text"]);
        for control in ['\0', '\u{1b}', '\u{7f}', '\u{85}'] {
            let broken = write(&first, format!("# a{control}b\n{}", first.text));
            let preview = pb::UpdatePolicyRequest { validate_only: true, ..broken.clone() };
            for request in [broken, preview] {
                assert_eq!(master.update_policy(request).await.violations()?, ["policy.text"], "{control:?}");
            }
        }
        let stricter = without(&first, "MasterAdminService/List*");
        let preview = master.update_policy(pb::UpdatePolicyRequest { validate_only: true, ..write(&first, &stricter) }).await?;
        assert_eq!((preview.text.as_str(), preview.built_in), (stricter.as_str(), false));
        assert_eq!(policy(h.admin()).await?, first);
        let unnamed = pb::UpdatePolicyRequest { update_mask: None, ..write(&first, &stricter) };
        assert_eq!(master.update_policy(unnamed).await?, first, "an empty mask changes nothing");

        // It counts at once, and what GetRoles and GetSession say goes with it.
        ensure!(may_list_plans(&viewer).await?);
        let second = master.update_policy(write(&first, &stricter)).await?;
        ensure!(!second.built_in && !may_list_plans(&viewer).await?);
        let listing = |permissions: &[String]| permissions.iter().any(|p| p.contains("MasterAdminService/List"));
        let session = viewer.auth().get_session(pb::GetSessionRequest {}).await?;
        ensure!(!listing(&session.permissions));
        let roles = master.get_roles(pb::GetRolesRequest {}).await?.roles;
        assert_eq!(roles.len(), 9);
        ensure!(!roles.iter().any(|role| listing(&role.permissions)));
        master.update_policy(write(&first, "")).await.refused(Code::Aborted)?;

        // Written empty, it is the one that comes with the program.
        let third = master.update_policy(write(&second, "")).await?;
        assert_eq!((third.built_in, &third.text), (true, &first.text));
        ensure!(may_list_plans(&viewer).await?);
        Ok(())
    }

    async fn an_account_reads_its_own_roles_only(h: Harness) -> Result<()> {
        let (tenant, reseller) = (h.tenant("roles").await?, h.reseller("roles").await?);
        let roles = |answer: pb::GetRolesResponse| answer.roles.iter().map(pb::RolePermissions::role).collect::<Vec<_>>();
        let request = pb::GetRolesRequest {};
        let seen = roles(tenant.viewer().await?.tenant().get_roles(request).await?);
        assert_eq!(seen, [pb::Role::TenantAdmin, pb::Role::TenantUser, pb::Role::TenantViewer]);
        let seen = roles(reseller.agent().await?.reseller().get_roles(request).await?);
        assert_eq!(seen, [pb::Role::ResellerAdmin, pb::Role::ResellerAgent]);
        Ok(())
    }

    async fn a_policy_that_cannot_be_understood_leaves_the_last_good_one(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let viewer = h.staff(pb::Role::MasterViewer).await?;
        let first = policy(h.admin()).await?;
        h.master().update_policy(write(&first, without(&first, "MasterAdminService/List*"))).await?;
        spoil(&h).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        ensure!(!may_list_plans(&viewer).await?, "the good policy is in force");
        let spoiled = h.master().get_policy(pb::GetPolicyRequest {}).await?;
        h.master().update_policy(write(&spoiled, "")).await?;
        ensure!(may_list_plans(&viewer).await?);
        Ok(())
    }

    async fn nobody_hands_out_more_than_the_own_role_may_do(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let first = policy(h.admin()).await?;
        let rules = ["InviteUser", "SetUserRole", "RemoveUser", "IssueInvitation"].map(|rpc| format!("p, tenant_user, /tenantry.v1.TenantAdminService/{rpc}"));
        h.master().update_policy(write(&first, format!("{}\n{}\n", first.text, rules.join("\n")))).await?;
        let acme = h.tenant("acme").await?;
        let (user, viewer) = (acme.user().await?, acme.viewer().await?);
        let id = |client: &Client| client.session().and_then(|s| s.user).map(|u| u.id).context("somebody who is signed in");
        let set = |user_id: String, role: pb::Role| pb::SetUserRoleRequest { user_id, role: role.into(), ..Default::default() };
        let beyond = |refused: portal_client::RpcError| assert_eq!(refused.reason, "ROLE_BEYOND_OWN");

        let invited = user.tenant().invite_user(make::user(&h.name("colleague"), pb::Role::TenantUser)).await?;
        beyond(user.tenant().invite_user(make::user(&h.name("boss"), pb::Role::TenantAdmin)).await.refused(Code::PermissionDenied)?);
        for person in [id(&user)?, id(&viewer)?] {
            beyond(user.tenant().set_user_role(set(person, pb::Role::TenantAdmin)).await.refused(Code::PermissionDenied)?);
        }
        let admin = id(acme.admin())?;
        beyond(user.tenant().set_user_role(set(admin.clone(), pb::Role::TenantViewer)).await.refused(Code::PermissionDenied)?);
        let remove = |user_id: String| pb::RemoveUserRequest { user_id, ..Default::default() };
        beyond(user.tenant().remove_user(remove(admin)).await.refused(Code::PermissionDenied)?);
        let boss = acme.admin().tenant().invite_user(make::user(&h.name("boss"), pb::Role::TenantAdmin)).await?;
        let boss = boss.user.context("the answer names the person")?.id;
        beyond(user.tenant().issue_invitation(pb::IssueInvitationRequest { user_id: boss, ..Default::default() }).await.refused(Code::PermissionDenied)?);

        user.tenant().set_user_role(set(id(&viewer)?, pb::Role::TenantUser)).await?;
        user.tenant().remove_user(remove(invited.user.context("the answer names the person")?.id)).await?;
        Ok(())
    }
}

on_postgres! {
    async fn what_is_taken_away_on_one_server_is_over_on_the_other_within_five_seconds(h: Harness) -> Result<()> {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (first, second) = (here.start("").await?, there.start("").await?);
        let (admin, witness) = (first.admin().await?, second.admin().await?);

        // A rule.
        let viewer = staff(&admin, &second, "by-rule").await?;
        let seen = policy(&admin).await?;
        let (took, stream) = taken_away(&viewer, async || {
            let rules = without(&seen, "MasterAdminService/List*").replace("MasterAdminService/Watch*", "MasterAdminService/WatchOperation");
            admin.master().update_policy(write(&seen, rules)).await?;
            Ok(())
        })
        .await?;
        println!("a rule taken away on one server stopped a call on another after {took:?} and ended a stream there after {stream:?}");
        assert_eq!(policy(&witness).await?.etag, policy(&admin).await?.etag);
        let seen = policy(&admin).await?;
        admin.master().update_policy(write(&seen, "")).await?;

        // A role: the person becomes somebody else, whose session begins anew.
        let viewer = staff(&admin, &second, "by-role").await?;
        let user_id = viewer.session().and_then(|s| s.user).context("signed in")?.id;
        let (took, stream) = taken_away(&viewer, async || {
            let role = pb::Role::MasterSupport.into();
            admin.master().set_user_role(pb::SetUserRoleRequest { user_id: user_id.clone(), role, ..Default::default() }).await?;
            Ok(())
        })
        .await?;
        println!("a role taken away on one server stopped a call on another after {took:?} and ended a stream there after {stream:?}");
        Ok(())
    }
}

/// Somebody of the vendor's who reads only, signed in at another server than the one where the invitation was made.
async fn staff(admin: &Client, at: &Process, name: &str) -> Result<Client> {
    let invited = admin.master().invite_user(make::user(name, pb::Role::MasterViewer)).await?;
    let link = invited.invitation.context("somebody new gets a link")?.url;
    let client = accept(&at.origin, pb::Portal::Master, &link).await?;
    // No second token: a session that has ended must not begin anew by itself.
    let request = pb::SignInRequest {
        portal: pb::Portal::Master.into(),
        email: make::email(name),
        password: PASSWORD.into(),
        ..Default::default()
    };
    client.begin(pb::Session {
        refresh_token: "none".into(),
        ..client.auth().sign_in(request).await?
    });
    Ok(client)
}

/// Takes something away from somebody who lists plans again and again and watches deployments; until when calls were begun that were still allowed, and the stream
/// went on.
async fn taken_away(viewer: &Client, take: impl AsyncFn() -> Result<()>) -> Result<(Duration, Duration)> {
    // What was taken away before may not be back on this server yet.
    eventually("allowed", async || may_list_plans(viewer).await, |may| *may).await?;
    let mut watch: Items<pb::WatchDeploymentsResponse> = viewer.master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
    watch.next().await.context("a watch begins with what there is")??;
    take().await?;
    let begun = Instant::now();
    let stream = async {
        loop {
            match watch.next().await.context("a watch that ends says why")? {
                Ok(_) => {}
                Err(error) => return Ok((error.code, begun.elapsed())),
            }
        }
    };
    let calls = async {
        let (refusal, allowed) = until_refused(async || viewer.master().list_plans(pb::ListPlansRequest::default()).await).await?;
        anyhow::Ok((refusal.code, allowed.saturating_duration_since(begun)))
    };
    let both = timeout(Duration::from_secs(30), async { tokio::try_join!(stream, calls) });
    let (both, stall) = with_stall(both).await;
    let ((ended, stream), (refused, calls)) = both.context("it goes on for half a minute")??;
    ensure!(calls < REACH && stream < REACH + stall, "{calls:?} {stream:?} {stall:?}");
    let over = [Code::PermissionDenied, Code::Unauthenticated];
    ensure!(over.contains(&ended) && over.contains(&refused), "{ended:?} {refused:?}");
    Ok((calls, stream))
}
