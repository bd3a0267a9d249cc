//! ResellerService.

use super::{Answer, reply};
use crate::{
    auth::reseller,
    convert::one_id,
    cx::{App, Cx},
    error::Result,
    list_query, store,
    tenancy::tenant,
};
use tenantry_proto::v1::{self as pb, reseller_service_server::ResellerService};
use tonic::Request;

/// The service.
pub struct Reseller(pub App);

impl Reseller {
    fn open<T>(&self, request: Request<T>) -> Result<(Cx<store::Reseller>, T)> {
        reseller(&self.0, request)
    }
}

#[tonic::async_trait]
impl ResellerService for Reseller {
    // The first page.

    // The reseller and its customers.

    async fn list_tenants(&self, request: Request<pb::ListTenantsRequest>) -> Answer<pb::ListTenantsResponse> {
        let (cx, req) = self.open(request)?;
        reply(tenant::list(&cx, &list_query!(req)).await?)
    }

    async fn get_tenant(&self, request: Request<pb::GetTenantRequest>) -> Answer<pb::Tenant> {
        let (cx, req) = self.open(request)?;
        reply(tenant::get(&cx, one_id("tenant_id", &req.tenant_id)?).await?)
    }

    // Commissions.

    // Users.
}
