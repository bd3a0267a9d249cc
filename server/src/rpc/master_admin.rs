//! MasterAdminService.

use super::{Answer, Messages, life, reply, stream, to_the_end};
use crate::{
    auth::platform,
    billing::{invoice, payment, plan, subscription},
    convert::{id_and_reason, one_id},
    cx::{App, Cx},
    deployments::{
        deployment::{
            self,
            convert::{self, target},
            wish::{self, Target},
        },
        measure,
    },
    error::Result,
    identity::user,
    list_query,
    partners::{commission, reseller},
    platform::{audit, dashboard, policy},
    store::Platform,
    tenancy::{onboarding, operation, purge, settings, tenant},
};
use tenantry_proto::v1::{self as pb, master_admin_service_server::MasterAdminService};
use tonic::Request;

/// The service.
pub struct MasterAdmin(pub App);

impl MasterAdmin {
    fn open<T: tenantry_proto::Request>(&self, request: Request<T>) -> Result<(Cx<Platform>, T)> {
        platform(&self.0, request)
    }
}

#[tonic::async_trait]
impl MasterAdminService for MasterAdmin {
    // The first page.

    async fn get_dashboard(&self, request: Request<pb::GetDashboardRequest>) -> Answer<pb::MasterDashboard> {
        let (cx, _) = self.open(request)?;
        reply(dashboard::master(&cx).await?)
    }

    // Plans.

    async fn list_plans(&self, request: Request<pb::ListPlansRequest>) -> Answer<pb::ListPlansResponse> {
        let (cx, req) = self.open(request)?;
        reply(plan::list(&cx, &list_query!(req)).await?)
    }

    async fn get_plan(&self, request: Request<pb::GetPlanRequest>) -> Answer<pb::Plan> {
        let (cx, req) = self.open(request)?;
        reply(plan::get(&cx, one_id("plan_id", &req.plan_id)?).await?)
    }

    async fn create_plan(&self, request: Request<pb::CreatePlanRequest>) -> Answer<pb::Plan> {
        let (cx, req) = self.open(request)?;
        reply(plan::create(&cx, req.try_into()?).await?)
    }

    async fn update_plan(&self, request: Request<pb::UpdatePlanRequest>) -> Answer<pb::Plan> {
        let (cx, req) = self.open(request)?;
        let (id, patch) = plan::convert::patch(req)?;
        reply(plan::update(&cx, id, patch).await?)
    }

    async fn archive_plan(&self, request: Request<pb::ArchivePlanRequest>) -> Answer<pb::Plan> {
        let (cx, req) = self.open(request)?;
        reply(plan::archive(&cx, one_id("plan_id", &req.plan_id)?, &req.etag).await?)
    }

    // Resellers.

    async fn list_resellers(&self, request: Request<pb::ListResellersRequest>) -> Answer<pb::ListResellersResponse> {
        let (cx, req) = self.open(request)?;
        reply(reseller::list(&cx, &list_query!(req)).await?)
    }

    async fn get_reseller(&self, request: Request<pb::GetResellerRequest>) -> Answer<pb::Reseller> {
        let (cx, req) = self.open(request)?;
        reply(reseller::get(&cx, one_id("reseller_id", &req.reseller_id)?).await?)
    }

    async fn create_reseller(&self, request: Request<pb::CreateResellerRequest>) -> Answer<pb::Reseller> {
        let (cx, req) = self.open(request)?;
        reply(reseller::create(&cx, req.try_into()?).await?)
    }

    async fn update_reseller(&self, request: Request<pb::UpdateResellerRequest>) -> Answer<pb::Reseller> {
        let (cx, req) = self.open(request)?;
        let (id, patch) = reseller::convert::patch(req)?;
        reply(reseller::update(&cx, id, patch).await?)
    }

    // Tenants.

    async fn list_tenants(&self, request: Request<pb::ListTenantsRequest>) -> Answer<pb::ListTenantsResponse> {
        let (cx, req) = self.open(request)?;
        reply(tenant::list(&cx, &list_query!(req)).await?)
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenant::get(&cx, one_id("tenant_id", &req.tenant_id)?).await?)
    }

    async fn onboard_tenant(&self, request: Request<pb::OnboardTenantRequest>) -> Answer<pb::Operation> {
        let (cx, req) = self.open(request)?;
        reply(onboarding::begin(&cx, req.into()).await?)
    }

    async fn update_tenant(&self, request: Request<pb::UpdateTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        let (id, patch) = tenant::convert::patch(req)?;
        reply(tenant::update(&cx, id, patch).await?)
    }

    async fn suspend_tenant(&self, request: Request<pb::SuspendTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        let (id, reason) = id_and_reason("tenant_id", &req.tenant_id, &req.reason)?;
        reply(tenant::suspend(&cx, id, &reason, &req.etag).await?)
    }

    async fn resume_tenant(&self, request: Request<pb::ResumeTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenant::resume(&cx, one_id("tenant_id", &req.tenant_id)?, &req.etag).await?)
    }

    async fn delete_tenant(&self, request: Request<pb::DeleteTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenant::delete(&cx, one_id("tenant_id", &req.tenant_id)?, &req.confirm_slug, &req.etag).await?)
    }

    async fn undelete_tenant(&self, request: Request<pb::UndeleteTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenant::undelete(&cx, one_id("tenant_id", &req.tenant_id)?, &req.etag).await?)
    }

    async fn purge_tenant(&self, request: Request<pb::PurgeTenantRequest>) -> Answer<pb::Operation> {
        let (cx, req) = self.open(request)?;
        reply(purge::begin(&cx, req.try_into()?).await?)
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

    type WatchOperationStream = Messages<pb::WatchOperationResponse>;

    async fn watch_operation(&self, request: Request<pb::WatchOperationRequest>) -> Answer<Self::WatchOperationStream> {
        let life = life(&self.0, &request)?;
        let (cx, req) = self.open(request)?;
        stream(operation::watch(&cx, one_id("operation_id", &req.operation_id)?).await?, life)
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

    async fn create_deployment(&self, request: Request<pb::CreateDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(wish::create_further(&cx, req.try_into()?).await?)
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

    async fn suspend_deployment(&self, request: Request<pb::SuspendDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        let (id, reason) = id_and_reason("deployment_id", &req.deployment_id, &req.reason)?;
        reply(wish::suspend(&cx, Target { id, etag: req.etag }, &reason).await?)
    }

    async fn resume_deployment(&self, request: Request<pb::ResumeDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(wish::resume(&cx, target(&req.deployment_id, req.etag)?).await?)
    }

    async fn delete_deployment(&self, request: Request<pb::DeleteDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        let (target, slug) = convert::confirmed(&req.deployment_id, req.etag, req.confirm_slug)?;
        reply(wish::delete(&cx, target, &slug).await?)
    }

    async fn undelete_deployment(&self, request: Request<pb::UndeleteDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        reply(wish::undelete(&cx, target(&req.deployment_id, req.etag)?).await?)
    }

    async fn purge_deployment(&self, request: Request<pb::PurgeDeploymentRequest>) -> Answer<pb::Deployment> {
        let (cx, req) = self.open(request)?;
        let (target, slug) = convert::confirmed(&req.deployment_id, req.etag, req.confirm_slug)?;
        reply(wish::purge(&cx, target, &slug).await?)
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

    // Subscriptions, invoices, payments, commissions.

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

    async fn record_payment(&self, request: Request<pb::RecordPaymentRequest>) -> Answer<pb::Payment> {
        let (cx, req) = self.open(request)?;
        reply(to_the_end(async move { payment::record(&cx, req.into()).await }).await?)
    }

    async fn list_payments(&self, request: Request<pb::ListPaymentsRequest>) -> Answer<pb::ListPaymentsResponse> {
        let (cx, req) = self.open(request)?;
        reply(payment::list(&cx, &list_query!(req)).await?)
    }

    async fn list_commissions(&self, request: Request<pb::ListCommissionsRequest>) -> Answer<pb::ListCommissionsResponse> {
        let (cx, req) = self.open(request)?;
        reply(commission::list(&cx, &list_query!(req)).await?)
    }

    async fn get_commission(&self, request: Request<pb::GetCommissionRequest>) -> Answer<pb::Commission> {
        let (cx, req) = self.open(request)?;
        reply(commission::get(&cx, one_id("commission_id", &req.commission_id)?).await?)
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

    async fn get_policy(&self, request: Request<pb::GetPolicyRequest>) -> Answer<pb::Policy> {
        let (cx, _) = self.open(request)?;
        reply(policy::get(&cx).await?)
    }

    async fn update_policy(&self, request: Request<pb::UpdatePolicyRequest>) -> Answer<pb::Policy> {
        let (cx, req) = self.open(request)?;
        reply(policy::update(&cx, req.try_into()?).await?)
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
