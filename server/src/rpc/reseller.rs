//! ResellerService.

use super::{Answer, reply};
use crate::{
    auth::reseller,
    cx::{App, Cx},
    error::Result,
    store,
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

    // Commissions.

    // Users.
}
