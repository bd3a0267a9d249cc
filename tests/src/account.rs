//! A tenant or a reseller, and its people.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use portal_client::{Client, pb};

use crate::{Harness, make, server::PASSWORD};

/// A tenant or a reseller with an admin who is signed in.
pub struct Account {
    /// Its id.
    pub id: String,
    /// A tenant's slug or a reseller's code.
    pub slug: String,
    /// A tenant's first deployment; empty for a reseller.
    pub deployment_id: String,
    admin: Client,
    portal: pb::Portal,
    origin: String,
}

impl Account {
    /// The admin.
    pub fn admin(&self) -> &Client {
        &self.admin
    }

    /// Somebody with the middle role of a tenant.
    pub async fn user(&self) -> Result<Client> {
        self.member(pb::Role::TenantUser).await
    }

    /// Somebody who may only look at a tenant.
    pub async fn viewer(&self) -> Result<Client> {
        self.member(pb::Role::TenantViewer).await
    }

    /// Somebody who works for a reseller.
    pub async fn agent(&self) -> Result<Client> {
        self.member(pb::Role::ResellerAgent).await
    }

    /// Somebody new with a role, invited by the admin and signed in.
    pub async fn member(&self, role: pb::Role) -> Result<Client> {
        let request = make::user(&somebody(&self.slug), role);
        let invited = match self.portal {
            pb::Portal::Reseller => self.admin.reseller().invite_user(request).await?,
            _ => self.admin.tenant().invite_user(request).await?,
        };
        let invitation = invited.invitation.context("somebody new gets a link")?;
        accept(&self.origin, self.portal, &invitation.url).await
    }

    pub(crate) async fn onboard(h: &Harness, request: pb::OnboardTenantRequest) -> Result<Self> {
        let slug = request.tenant.as_ref().map(|t| t.slug.clone()).unwrap_or_default();
        let begun = h.master().onboard_tenant(request).await?;
        let ended = finished(h.admin(), &begun.id).await?;
        if ended.state() != pb::OperationState::Succeeded {
            bail!("the onboarding of {slug} ended so: {ended:#?}");
        }
        let people = pb::ListUsersRequest {
            tenant_id: ended.tenant_id.clone(),
            ..Default::default()
        };
        let people = h.master().list_users(people).await?.users;
        let first = people.first().context("the first user is the admin")?;
        let request = pb::IssueInvitationRequest {
            user_id: first.id.clone(),
            ..Default::default()
        };
        let invitation = h.master().issue_invitation(request).await?;
        Ok(Self {
            admin: accept(&h.origin(), pb::Portal::Tenant, &invitation.url).await?,
            id: ended.tenant_id,
            deployment_id: ended.deployment_id,
            slug,
            portal: pb::Portal::Tenant,
            origin: h.origin(),
        })
    }

    pub(crate) async fn reseller(h: &Harness, request: pb::CreateResellerRequest) -> Result<Self> {
        let made = h.master().create_reseller(request).await?;
        let mut request = make::user(&made.code, pb::Role::ResellerAdmin);
        request.reseller_id = made.id.clone();
        let invited = h.master().invite_user(request).await?;
        let invitation = invited.invitation.context("somebody new gets a link")?;
        Ok(Self {
            admin: accept(&h.origin(), pb::Portal::Reseller, &invitation.url).await?,
            id: made.id,
            slug: made.code,
            deployment_id: String::new(),
            portal: pb::Portal::Reseller,
            origin: h.origin(),
        })
    }
}

/// A name for somebody new.
pub fn somebody(of: &str) -> String {
    // All as long as one another.
    static NEXT: AtomicU32 = AtomicU32::new(1000);
    format!("{of}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Follows an operation to its end.
pub async fn finished(admin: &Client, operation_id: &str) -> Result<pb::Operation> {
    let request = pb::WatchOperationRequest {
        operation_id: operation_id.to_owned(),
    };
    let mut states = admin.master().watch_operation(request).await?;
    let mut last = None;
    while let Some(state) = states.next().await {
        last = state?.operation;
    }
    last.context("a watch begins with the state as it is")
}

/// Opens the link of an invitation, sets the password, and is signed in.
pub async fn accept(origin: &str, portal: pb::Portal, link: &str) -> Result<Client> {
    let (_, token) = link.split_once('#').with_context(|| format!("{link} has no token"))?;
    let client = Client::new(origin, portal, |_| ());
    let request = pb::AcceptInvitationRequest {
        token: token.to_owned(),
        display_name: "Invited person".into(),
        password: PASSWORD.into(),
        cookie: false,
    };
    client.begin(client.auth().accept_invitation(request).await?);
    Ok(client)
}
