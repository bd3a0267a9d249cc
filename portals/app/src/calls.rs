//! The calls that more than one portal has. They go to the service of the portal that one is in, so that a page can be written once.

use portal_client::{Code, Items, RpcError, pb};

use crate::me::Me;

macro_rules! shared_calls {
    ($($(#[$doc:meta])* $name:ident($request:ident) -> $answer:ty, $($kind:ident $portal:ident)+;)+) => {
        impl Me {
            $($(#[$doc])*
            pub async fn $name(self, request: pb::$request) -> Result<$answer, RpcError> {
                let client = self.client();
                match self.portal().kind {
                    $(pb::Portal::$kind => client.$portal().$name(request).await,)+
                    _ => Err(not_here()),
                }
            })+
        }
    };
}

shared_calls! {
    /// Answers a tenant's settings.
    get_tenant_settings(GetTenantSettingsRequest) -> pb::TenantSettings, Master master Tenant tenant;
    /// Changes a tenant's settings.
    update_tenant_settings(UpdateTenantSettingsRequest) -> pb::TenantSettings, Master master Tenant tenant;
    /// Lists deployments.
    list_deployments(ListDeploymentsRequest) -> pb::ListDeploymentsResponse, Master master Tenant tenant;
    /// Answers one deployment.
    get_deployment(GetDeploymentRequest) -> pb::Deployment, Master master Tenant tenant;
    /// Starts a stopped deployment.
    start_deployment(StartDeploymentRequest) -> pb::Deployment, Master master Tenant tenant;
    /// Stops a deployment.
    stop_deployment(StopDeploymentRequest) -> pb::Deployment, Master master Tenant tenant;
    /// Stops and starts a running deployment.
    restart_deployment(RestartDeploymentRequest) -> pb::Deployment, Master master Tenant tenant;
    /// Answers each deployment as it is, and then each time it changes.
    watch_deployments(WatchDeploymentsRequest) -> Items<pb::WatchDeploymentsResponse>, Master master Tenant tenant;
    /// Answers the last lines of a log and goes on with new ones.
    tail_deployment_logs(TailDeploymentLogsRequest) -> Items<pb::TailDeploymentLogsResponse>, Master master Tenant tenant;
    /// Answers what was measured in the last hour.
    list_deployment_samples(ListDeploymentSamplesRequest) -> pb::ListDeploymentSamplesResponse, Master master Tenant tenant;
    /// Lists invoices.
    list_invoices(ListInvoicesRequest) -> pb::ListInvoicesResponse, Master master Tenant tenant;
    /// Answers one invoice.
    get_invoice(GetInvoiceRequest) -> pb::Invoice, Master master Tenant tenant;
    /// Lists payments.
    list_payments(ListPaymentsRequest) -> pb::ListPaymentsResponse, Master master Tenant tenant;
    /// Lists commissions.
    list_commissions(ListCommissionsRequest) -> pb::ListCommissionsResponse, Master master Reseller reseller;
    /// Answers one commission.
    get_commission(GetCommissionRequest) -> pb::Commission, Master master Reseller reseller;
    /// Answers one operation.
    get_operation(GetOperationRequest) -> pb::Operation, Master master Tenant tenant;
    /// Lists tenants.
    list_tenants(ListTenantsRequest) -> pb::ListTenantsResponse, Master master Reseller reseller;
    /// Answers one tenant.
    get_tenant(GetTenantRequest) -> pb::Tenant, Master master Tenant tenant Reseller reseller;
    /// Lists users.
    list_users(ListUsersRequest) -> pb::ListUsersResponse, Master master Tenant tenant Reseller reseller;
    /// Gives a person a role.
    invite_user(InviteUserRequest) -> pb::InviteUserResponse, Master master Tenant tenant Reseller reseller;
    /// Makes a new invitation link.
    issue_invitation(IssueInvitationRequest) -> pb::Invitation, Master master Tenant tenant Reseller reseller;
    /// Gives a person another role.
    set_user_role(SetUserRoleRequest) -> pb::User, Master master Tenant tenant Reseller reseller;
    /// Takes a person's role away.
    remove_user(RemoveUserRequest) -> pb::RemoveUserResponse, Master master Tenant tenant Reseller reseller;
    /// Answers the roles and what each may do.
    get_roles(GetRolesRequest) -> pb::GetRolesResponse, Master master Tenant tenant Reseller reseller;
    /// Lists what was changed, by whom, and what was refused.
    list_audit_entries(ListAuditEntriesRequest) -> pb::ListAuditEntriesResponse, Master master Tenant tenant Reseller reseller;
    /// Answers the audit log as a file, part by part.
    export_audit_entries(ExportAuditEntriesRequest) -> Items<pb::ExportAuditEntriesResponse>, Master master Tenant tenant Reseller reseller;
}

/// A call that this portal does not have.
fn not_here() -> RpcError {
    RpcError {
        code: Code::Unimplemented,
        reason: "UNIMPLEMENTED".to_owned(),
        violations: Vec::new(),
        message: "This portal cannot do that.".to_owned(),
        request_id: None,
        retry_after: None,
        uncertain: false,
        refused: None,
    }
}
