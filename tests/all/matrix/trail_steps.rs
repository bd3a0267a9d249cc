//! Calls that need something of their own before they do anything: the matrix itself cannot make good requests for them.

use anyhow::{Context, Result};
use portal_client::{pb, request_id};
use prost::Message;
use tenantry_tests::{ADMIN, Harness, PASSWORD, make};

use super::world::World;
use crate::people::{acceptance, token};

/// An RPC, and a request of the vendor, the first tenant or the first reseller of a world that does something.
pub type Step = (&'static str, Vec<u8>);

/// Somebody who was invited and has not accepted.
async fn invited(h: &Harness, name: &str, role: pb::Role, tenant_id: &str, reseller_id: &str) -> Result<(String, pb::InviteUserResponse)> {
    let request = pb::InviteUserRequest {
        tenant_id: tenant_id.to_owned(),
        reseller_id: reseller_id.to_owned(),
        ..make::user(&h.name(name), role)
    };
    let answer = h.master().invite_user(request).await?;
    Ok((answer.user.clone().context("a user")?.id, answer))
}

/// In their order, with things that are made for them under a name.
pub async fn steps(h: &Harness, world: &World, name: &str) -> Result<Vec<Step>> {
    let named = |what: &str| format!("{what}-{name}");
    let account = h.tenant(&named("steps")).await?;
    let (tenant_id, slug, deployment_id) = (account.id.clone(), account.slug.clone(), account.deployment_id.clone());
    let id = |owned: &super::world::Owned, kind| owned.ids.get(kind).cloned().unwrap_or_default();
    let (ten, res) = (id(&world.tenants[0], "ten"), id(&world.resellers[0], "res"));
    let (staff, link) = invited(h, &named("step-staff"), pb::Role::MasterViewer, "", "").await?;
    let (user, _) = invited(h, &named("step-user"), pb::Role::TenantViewer, &ten, "").await?;
    let (agent, _) = invited(h, &named("step-agent"), pb::Role::ResellerAgent, "", &res).await?;
    let deployment = pb::GetDeploymentRequest {
        deployment_id: deployment_id.clone(),
    };
    let confirm_slug = h.master().get_deployment(deployment).await?.slug;
    let (issue, etag) = (
        |user_id: &str| {
            pb::IssueInvitationRequest {
                user_id: user_id.to_owned(),
                ..Default::default()
            }
            .encode_to_vec()
        },
        String::new(),
    );
    let promote = |user_id: &str, role: pb::Role| {
        pb::SetUserRoleRequest {
            user_id: user_id.to_owned(),
            role: role.into(),
            ..Default::default()
        }
        .encode_to_vec()
    };
    let remove = |user_id: &str| {
        pb::RemoveUserRequest {
            user_id: user_id.to_owned(),
            ..Default::default()
        }
        .encode_to_vec()
    };
    // One that nobody is on, and an instance whose credentials nobody has seen.
    let plan = h.master().create_plan(make::plan(&h.name(&named("archived")))).await?;
    let archive = pb::ArchivePlanRequest {
        plan_id: plan.id,
        ..Default::default()
    };
    let unseen = pb::CreateDeploymentRequest {
        request_id: request_id(),
        tenant_id: ten.clone(),
        suffix: name.to_owned(),
        validate_only: false,
    };
    let reveal = pb::RevealInstanceCredentialsRequest {
        deployment_id: h.master().create_deployment(unseen).await?.id,
        ..Default::default()
    };
    let delete_deployment = || pb::DeleteDeploymentRequest {
        deployment_id: deployment_id.clone(),
        confirm_slug: confirm_slug.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let delete_tenant = || pb::DeleteTenantRequest {
        tenant_id: tenant_id.clone(),
        confirm_slug: slug.clone(),
        etag: etag.clone(),
        ..Default::default()
    };
    let sign_in = pb::SignInRequest {
        portal: pb::Portal::Master.into(),
        email: ADMIN.into(),
        password: PASSWORD.into(),
        ..Default::default()
    };
    let onboarding = make::onboarding(&h.name(&named("stepped")), &h.plan().await?.id);
    let further = pb::CreateDeploymentRequest {
        request_id: request_id(),
        tenant_id: tenant_id.clone(),
        suffix: "more".into(),
        validate_only: false,
    };
    let restart = |deployment_id: &str| pb::RestartDeploymentRequest {
        request_id: request_id(),
        deployment_id: deployment_id.to_owned(),
        etag: String::new(),
    };
    Ok(vec![
        ("AuthService/SignIn", sign_in.encode_to_vec()),
        ("MasterAdminService/OnboardTenant", onboarding.encode_to_vec()),
        ("MasterAdminService/CreateDeployment", further.encode_to_vec()),
        ("MasterAdminService/RestartDeployment", restart(&deployment_id).encode_to_vec()),
        (
            "TenantAdminService/RestartDeployment",
            restart(&id(&world.tenants[0], "dep")).encode_to_vec(),
        ),
        ("MasterAdminService/DeleteDeployment", delete_deployment().encode_to_vec()),
        (
            "MasterAdminService/UndeleteDeployment",
            pb::UndeleteDeploymentRequest {
                deployment_id: deployment_id.clone(),
                etag: etag.clone(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("MasterAdminService/DeleteDeployment", delete_deployment().encode_to_vec()),
        (
            "MasterAdminService/PurgeDeployment",
            pb::PurgeDeploymentRequest {
                deployment_id: deployment_id.clone(),
                confirm_slug: confirm_slug.clone(),
                etag: etag.clone(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("MasterAdminService/DeleteTenant", delete_tenant().encode_to_vec()),
        (
            "MasterAdminService/UndeleteTenant",
            pb::UndeleteTenantRequest {
                tenant_id: tenant_id.clone(),
                etag: etag.clone(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("MasterAdminService/DeleteTenant", delete_tenant().encode_to_vec()),
        (
            "MasterAdminService/PurgeTenant",
            pb::PurgeTenantRequest {
                request_id: request_id(),
                tenant_id: tenant_id.clone(),
                confirm_slug: slug.clone(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("MasterAdminService/ArchivePlan", archive.encode_to_vec()),
        ("TenantAdminService/RevealInstanceCredentials", reveal.encode_to_vec()),
        ("AuthService/AcceptInvitation", acceptance(&token(&link)?, PASSWORD).encode_to_vec()),
        ("MasterAdminService/SetUserRole", promote(&staff, pb::Role::MasterSupport)),
        ("MasterAdminService/RemoveUser", remove(&staff)),
        ("MasterAdminService/IssueInvitation", issue(&user)),
        ("TenantAdminService/IssueInvitation", issue(&user)),
        (
            "TenantAdminService/InviteUser",
            make::user(&h.name(&named("step-more")), pb::Role::TenantViewer).encode_to_vec(),
        ),
        ("ResellerService/IssueInvitation", issue(&agent)),
        ("TenantAdminService/SetUserRole", promote(&user, pb::Role::TenantUser)),
        ("TenantAdminService/RemoveUser", remove(&user)),
        ("ResellerService/SetUserRole", promote(&agent, pb::Role::ResellerAdmin)),
        ("ResellerService/RemoveUser", remove(&agent)),
    ])
}
