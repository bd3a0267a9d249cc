//! ResellerService.

use crate::cx::App;
use tenantry_proto::v1::reseller_service_server::ResellerService;

/// The service.
pub struct Reseller(pub App);

#[tonic::async_trait]
impl ResellerService for Reseller {}
