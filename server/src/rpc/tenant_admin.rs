//! TenantAdminService.

use super::{Answer, reply};
use crate::{
    auth::tenant,
    convert::one_id,
    cx::{App, Cx},
    error::Result,
    list_query,
    store::Tenant,
    tenancy::{self, operation, settings},
};
use tenantry_proto::v1::{self as pb, tenant_admin_service_server::TenantAdminService};
use tonic::Request;

/// The service.
pub struct TenantAdmin(pub App);

impl TenantAdmin {
    fn open<T>(&self, request: Request<T>) -> Result<(Cx<Tenant>, T)> {
        tenant(&self.0, request)
    }
}

#[tonic::async_trait]
impl TenantAdminService for TenantAdmin {
    // The first page.

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

    // Subscriptions, invoices, payments.

    // Users.

    // The audit log.
}
