//! TenantAdminService.

use super::{Answer, Messages, life, reply, stream};
use crate::{
    auth::tenant,
    billing::{invoice, payment, subscription},
    convert::one_id,
    cx::{App, Cx},
    deployments::{
        deployment::{
            self,
            convert::{self, target},
            wish,
        },
        measure,
    },
    error::Result,
    identity::user,
    list_query,
    platform::{audit, dashboard, policy},
    store::Tenant,
    tenancy::{self, operation, settings},
};
use tenantry_proto::v1::{self as pb, tenant_admin_service_server::TenantAdminService};
use tonic::Request;

/// The service.
pub struct TenantAdmin(pub App);

impl TenantAdmin {
    fn open<T: tenantry_proto::Request>(&self, request: Request<T>) -> Result<(Cx<Tenant>, T)> {
        tenant(&self.0, request)
    }
}

#[tonic::async_trait]
impl TenantAdminService for TenantAdmin {
    // The first page.

    async fn get_dashboard(&self, request: Request<pb::GetDashboardRequest>) -> Answer<pb::TenantDashboard> {
        let (cx, _) = self.open(request)?;
        reply(dashboard::tenant(&cx).await?)
    }

    // The tenant and its settings.

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenancy::tenant::get(&cx, one_id("tenant_id", &req.tenant_id)?).await?)
    }

    async fn get_tenant_settings(&self, request: Request<pb::GetTenantSettingsRequest>) -> Answer<pb::TenantSettings> {
        let (cx, req) = self.open(request)?;
        reply(settings::get(&cx, one_id("tenant_id", &req.tenant_id)?).await?)
    }

    async fn update_tenant_settings(&self, request: Request<pb::UpdateTenantSettingsRequest>) -> Answer<pb::TenantSettings> {
        let (cx, req) = self.open(request)?;
        reply(settings::update(&cx, req.try_into()?).await?)
    }

    // Operations.

    async fn list_operations(&self, request: Request<pb::ListOperationsRequest>) -> Answer<pb::ListOperationsResponse> {
        let (cx, req) = self.open(request)?;
        reply(operation::list(&cx, &list_query!(req)).await?)
    }

    async fn get_operation(&self, request: Request<pb::GetOperationRequest>) -> Answer<pb::Operation> {
        let (cx, req) = self.open(request)?;
        reply(operation::get(&cx, one_id("operation_id", &req.operation_id)?).await?)
    }

    // Deployments.

    async fn list_deployments(&self, request: Request<pb::ListDeploymentsRequest>) -> Answer<pb::ListDeploymentsResponse> {
        let (cx, req) = self.open(request)?;
        reply(deployment::list(&cx, &list_query!(req)).await?)
    }

    async fn get_deployment(&self, request: Request<pb::GetDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(deployment::get(&cx, one_id("deployment_id", &req.deployment_id)?).await?)
    }

    async fn start_deployment(&self, request: Request<pb::StartDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(wish::start(&cx, target(&req.deployment_id, req.etag)?).await?)
    }

    async fn stop_deployment(&self, request: Request<pb::StopDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(wish::stop(&cx, target(&req.deployment_id, req.etag)?).await?)
    }

    async fn restart_deployment(&self, request: Request<pb::RestartDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(wish::restart(&cx, convert::restart(req)?).await?)
    }

    type WatchDeploymentsStream = Messages<pb::WatchDeploymentsResponse>;

    async fn watch_deployments(&self, request: Request<pb::WatchDeploymentsRequest>) -> Answer<Self::WatchDeploymentsStream> {
        let life = life(&self.0, &request)?;
        let (cx, req) = self.open(request)?;
        let only = convert::watched(&req.deployment_id)?;
        stream(deployment::watch::watch(&cx, only, &req.resume_token).await?, life)
    }

    type TailDeploymentLogsStream = Messages<pb::TailDeploymentLogsResponse>;

    async fn tail_deployment_logs(&self, request: Request<pb::TailDeploymentLogsRequest>) -> Answer<Self::TailDeploymentLogsStream> {
        let life = life(&self.0, &request)?;
        let (cx, req) = self.open(request)?;
        stream(deployment::logs::tail(&cx, req.try_into()?).await?, life)
    }

    async fn list_deployment_samples(
        &self,
        request: Request<pb::ListDeploymentSamplesRequest>,
    ) -> Answer<pb::ListDeploymentSamplesResponse> {
        let (cx, req) = self.open(request)?;
        let (id, after) = convert::samples(&req)?;
        reply(measure::list(&cx, id, after).await?)
    }

    async fn reveal_instance_credentials(&self, request: Request<pb::RevealInstanceCredentialsRequest>) -> Answer<pb::InstanceCredentials> {
        let (cx, req) = self.open(request)?;
        reply(deployment::reveal(&cx, one_id("deployment_id", &req.deployment_id)?).await?)
    }

    // Subscriptions, invoices, payments.

    async fn list_subscriptions(&self, request: Request<pb::ListSubscriptionsRequest>) -> Answer<pb::ListSubscriptionsResponse> {
        let (cx, req) = self.open(request)?;
        reply(subscription::list(&cx, &list_query!(req)).await?)
    }

    async fn get_subscription(&self, request: Request<pb::GetSubscriptionRequest>) -> Answer<pb::Subscription> {
        let (cx, req) = self.open(request)?;
        reply(subscription::get(&cx, one_id("subscription_id", &req.subscription_id)?).await?)
    }

    async fn list_invoices(&self, request: Request<pb::ListInvoicesRequest>) -> Answer<pb::ListInvoicesResponse> {
        let (cx, req) = self.open(request)?;
        reply(invoice::list(&cx, &list_query!(req)).await?)
    }

    async fn get_invoice(&self, request: Request<pb::GetInvoiceRequest>) -> Answer<pb::Invoice> {
        let (cx, req) = self.open(request)?;
        reply(invoice::get(&cx, one_id("invoice_id", &req.invoice_id)?).await?)
    }

    async fn list_payments(&self, request: Request<pb::ListPaymentsRequest>) -> Answer<pb::ListPaymentsResponse> {
        let (cx, req) = self.open(request)?;
        reply(payment::list(&cx, &list_query!(req)).await?)
    }

    // Users.

    async fn list_users(&self, request: Request<pb::ListUsersRequest>) -> Answer<pb::ListUsersResponse> {
        let (cx, req) = self.open(request)?;
        let account = user::convert::account(&req)?;
        reply(user::list(&cx, account, &list_query!(req)).await?)
    }

    async fn get_user(&self, request: Request<pb::GetUserRequest>) -> Answer<pb::User> {
        let (cx, req) = self.open(request)?;
        reply(user::get(&cx, one_id("user_id", &req.user_id)?).await?)
    }

    async fn invite_user(&self, request: Request<pb::InviteUserRequest>) -> Answer<pb::InviteUserResponse> {
        let (cx, req) = self.open(request)?;
        reply(user::invite_with_link(&cx, req.try_into()?).await?)
    }

    async fn issue_invitation(&self, request: Request<pb::IssueInvitationRequest>) -> Answer<pb::Invitation> {
        let (cx, req) = self.open(request)?;
        reply(user::issue(&cx, one_id("user_id", &req.user_id)?, &req.etag).await?)
    }

    async fn set_user_role(&self, request: Request<pb::SetUserRoleRequest>) -> Answer<pb::User> {
        let (cx, req) = self.open(request)?;
        let (which, role) = user::convert::set_role(req)?;
        reply(user::set_role(&cx, which, role).await?)
    }

    async fn remove_user(&self, request: Request<pb::RemoveUserRequest>) -> Answer<pb::RemoveUserResponse> {
        let (cx, req) = self.open(request)?;
        user::remove(&cx, user::convert::remove(req)?).await?;
        reply(pb::RemoveUserResponse {})
    }

    async fn get_roles(&self, request: Request<pb::GetRolesRequest>) -> Answer<pb::GetRolesResponse> {
        let (cx, _) = self.open(request)?;
        reply(policy::roles(&cx))
    }

    // The audit log.

    async fn list_audit_entries(&self, request: Request<pb::ListAuditEntriesRequest>) -> Answer<pb::ListAuditEntriesResponse> {
        let (cx, req) = self.open(request)?;
        reply(audit::list(&cx, &list_query!(req)).await?)
    }

    type ExportAuditEntriesStream = Messages<pb::ExportAuditEntriesResponse>;

    async fn export_audit_entries(&self, request: Request<pb::ExportAuditEntriesRequest>) -> Answer<Self::ExportAuditEntriesStream> {
        let life = life(&self.0, &request)?;
        let (cx, req) = self.open(request)?;
        stream(audit::export(&cx, req.try_into()?).await?, life)
    }
}
