//! What tests about people share.

use anyhow::{Context, Result};
use portal_client::{Client, pb};
use tenantry_tests::{Harness, PASSWORD, make};

/// A tenant without waiting for its instance, and an admin who is signed in.
pub async fn tenant(h: &Harness, name: &str) -> Result<(String, Client)> {
    let begun = h
        .master()
        .onboard_tenant(make::onboarding(&h.name(name), &h.plan().await?.id))
        .await?;
    let request = pb::InviteUserRequest {
        tenant_id: begun.tenant_id.clone(),
        ..make::user(&h.name(&format!("{name}-admin")), pb::Role::TenantAdmin)
    };
    let admin = join(h, request).await?;
    Ok((begun.tenant_id, admin))
}

/// Somebody whom the vendor invites, and who accepts.
pub async fn join(h: &Harness, request: pb::InviteUserRequest) -> Result<Client> {
    let invited = h.master().invite_user(request).await?;
    accept(h, &token(&invited)?, PASSWORD).await
}

/// The token of a link that was just made.
pub fn token(invited: &pb::InviteUserResponse) -> Result<String> {
    token_of(&invited.invitation.clone().unwrap_or_default().url)
}

/// The token of a link.
pub fn token_of(url: &str) -> Result<String> {
    Ok(url.split_once('#').context("the link has no token")?.1.to_owned())
}

/// What somebody sends to accept.
pub fn acceptance(token: &str, password: &str) -> pb::AcceptInvitationRequest {
    pb::AcceptInvitationRequest {
        token: token.to_owned(),
        display_name: "Invited person".into(),
        password: password.to_owned(),
        cookie: false,
    }
}

/// Accepts, and is signed in.
pub async fn accept(h: &Harness, token: &str, password: &str) -> Result<Client> {
    let anybody = h.anybody(pb::Portal::Unspecified);
    let session = anybody.auth().accept_invitation(acceptance(token, password)).await?;
    let client = h.anybody(session.portal());
    client.begin(session);
    Ok(client)
}

/// The person of a client.
pub fn me(client: &Client) -> pb::User {
    client.session().and_then(|s| s.user).unwrap_or_default()
}

/// The id of a client's person.
pub fn my_id(client: &Client) -> String {
    me(client).id
}
