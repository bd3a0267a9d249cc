//! TenantAdminService.

use crate::cx::App;
use tenantry_proto::v1::tenant_admin_service_server::TenantAdminService;

/// The service.
pub struct TenantAdmin(pub App);

#[tonic::async_trait]
impl TenantAdminService for TenantAdmin {}
