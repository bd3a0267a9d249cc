//! TenantAdminService.

use super::{Answer, reply};
use crate::{
    auth::tenant,
    cx::{App, Cx},
    error::Result,
    store::Tenant,
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

    // Operations.

    // Deployments.

    // Subscriptions, invoices, payments.

    // Users.

    // The audit log.
}
