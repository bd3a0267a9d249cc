//! ResellerService.

use super::{Answer, Messages, life, reply, stream};
use crate::{
    auth,
    convert::one_id,
    cx::{App, Cx},
    error::Result,
    identity::user,
    list_query,
    partners::{commission, reseller},
    platform::{audit, dashboard, policy},
    store,
    tenancy::tenant,
};
use tenantry_proto::v1::{self as pb, reseller_service_server::ResellerService};
use tonic::Request;

/// The service.
pub struct Reseller(pub App);

impl Reseller {
    fn open<T: tenantry_proto::Request>(&self, request: Request<T>) -> Result<(Cx<store::Reseller>, T)> {
        auth::reseller(&self.0, request)
    }
}

#[tonic::async_trait]
impl ResellerService for Reseller {
    // The first page.

    async fn get_dashboard(&self, request: Request<pb::GetDashboardRequest>) -> Answer<pb::ResellerDashboard> {
        let (cx, _) = self.open(request)?;
        reply(dashboard::reseller(&cx).await?)
    }

    // The reseller and its customers.

    async fn get_reseller(&self, request: Request<pb::GetResellerRequest>) -> Answer<pb::Reseller> {
        let (cx, req) = self.open(request)?;
        reply(reseller::get(&cx, one_id("reseller_id", &req.reseller_id)?).await?)
    }

    async fn list_tenants(&self, request: Request<pb::ListTenantsRequest>) -> Answer<pb::ListTenantsResponse> {
        let (cx, req) = self.open(request)?;
        reply(tenant::list(&cx, &list_query!(req)).await?)
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenant::get(&cx, one_id("tenant_id", &req.tenant_id)?).await?)
    }

    // Commissions.

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
