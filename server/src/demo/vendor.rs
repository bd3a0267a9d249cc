//! The vendor's first admin at work: calls of the services themselves, below the layer that checks credentials.

use crate::{
    auth::{Call, Caller},
    clock::Time,
    cx::App,
    id::SessionId,
    identity::user::{entity, login, membership},
    rpc::{Auth, MasterAdmin},
    store::Owner,
    work,
};
use anyhow::{Context, anyhow, bail};
use chrono::TimeDelta;
use std::time::Duration;
use tenantry_proto::v1::{self as pb, auth_service_server::AuthService, master_admin_service_server::MasterAdminService};
use tonic::{Request, Response, Status};

/// How long an instance gets to come up or go down.
const PATIENCE: Duration = Duration::from_secs(120);

/// The admin and the services.
pub struct Vendor {
    pub app: App,
    pub master: MasterAdmin,
    auth: Auth,
    caller: Caller,
}

/// What a service answered, or why it did not, in words.
pub fn done<T>(what: &str, answer: Result<Response<T>, Status>) -> anyhow::Result<T> {
    answer
        .map(Response::into_inner)
        .map_err(|status| anyhow!("{what}: {}", status.message()))
}

impl Vendor {
    /// The admin with a login.
    pub async fn new(app: &App, email: &str) -> anyhow::Result<Self> {
        let cx = work::cx(app);
        let user = cx
            .find::<entity::Entity>()
            .with(entity::Column::Email, login(email))
            .first()
            .await?;
        let user = user.with_context(|| format!("there is no user {email}"))?;
        let role = cx
            .find::<membership::Entity>()
            .with(membership::Column::UserId, user.id)
            .first()
            .await?;
        let role = role.with_context(|| format!("{email} has no role"))?;
        let caller = Caller {
            user_id: user.id,
            membership_id: role.id,
            email: user.email,
            session_id: SessionId::new(),
            role: role.role,
            owner: Owner::Platform,
        };
        Ok(Self {
            app: app.clone(),
            master: MasterAdmin(app.clone()),
            auth: Auth(app.clone()),
            caller,
        })
    }

    /// A request by the admin.
    pub fn ask<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let request_id = uuid::Uuid::now_v7().simple().to_string();
        request.extensions_mut().insert(Call {
            request_id,
            remote_address: "127.0.0.1".into(),
            method: String::new(),
            caller: Some(self.caller.clone()),
            known: Default::default(),
        });
        request
    }

    /// Sets the business clock, to seconds within a day of the demo.
    pub fn set_time(&self, begins: Time, day: i64, seconds: i64) {
        self.app
            .store
            .clock()
            .set_business(begins + TimeDelta::days(day) + TimeDelta::seconds(seconds));
    }

    /// Waits until an operation has ended well.
    pub async fn finished(&self, operation: &str) -> anyhow::Result<pb::Operation> {
        let begun = tokio::time::Instant::now();
        loop {
            let request = self.ask(pb::GetOperationRequest {
                operation_id: operation.to_owned(),
            });
            let now = done("reading an operation", self.master.get_operation(request).await)?;
            match now.state() {
                pb::OperationState::Succeeded => return Ok(now),
                pb::OperationState::Failed | pb::OperationState::NeedsOperator => {
                    bail!("{}: {}", now.tenant_name, now.error.map(|e| e.message).unwrap_or_default())
                }
                _ if begun.elapsed() > PATIENCE => bail!("{} did not come up in time", now.tenant_name),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// The tenant with a slug, if it has joined.
    pub async fn tenant(&self, slug: &str) -> anyhow::Result<Option<pb::Tenant>> {
        let request = self.ask(pb::ListTenantsRequest {
            filter: format!("slug = {slug:?}"),
            ..Default::default()
        });
        Ok(done("reading a tenant", self.master.list_tenants(request).await)?.tenants.pop())
    }

    /// Lets an invited person set a password.
    pub async fn accept(&self, user: &str, name: &str, password: String) -> anyhow::Result<()> {
        let request = self.ask(pb::IssueInvitationRequest {
            user_id: user.to_owned(),
            ..Default::default()
        });
        let invitation = done("inviting", self.master.issue_invitation(request).await)?;
        let (_, token) = invitation
            .url
            .rsplit_once('#')
            .with_context(|| format!("{} has no token", invitation.url))?;
        let request = pb::AcceptInvitationRequest {
            token: token.to_owned(),
            display_name: name.to_owned(),
            password,
            cookie: false,
        };
        let mut request = self.ask(request);
        if let Some(call) = request.extensions_mut().get_mut::<Call>() {
            call.caller = None;
        }
        done("accepting an invitation", self.auth.accept_invitation(request).await)?;
        Ok(())
    }
}
