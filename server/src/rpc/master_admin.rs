//! MasterAdminService.

use super::{Answer, reply};
use crate::{
    auth::platform,
    billing::plan,
    convert::one_id,
    cx::{App, Cx},
    error::Result,
    list_query,
    store::Platform,
};
use tenantry_proto::v1::{self as pb, master_admin_service_server::MasterAdminService};
use tonic::Request;

/// The service.
pub struct MasterAdmin(pub App);

impl MasterAdmin {
    fn open<T>(&self, request: Request<T>) -> Result<(Cx<Platform>, T)> {
        platform(&self.0, request)
    }
}

#[tonic::async_trait]
impl MasterAdminService for MasterAdmin {
    // The first page.

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

    // Tenants.

    // Operations.

    // Deployments.

    // Subscriptions, invoices, payments, commissions.

    // Users.

    // The audit log.
}
