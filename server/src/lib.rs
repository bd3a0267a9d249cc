//! The Tenantry server program.
//!
//! A call goes down in a straight line: [`serve`] (port, limits, request id) to [`auth`] (who calls, may they) to [`rpc`] (decode, call, encode) to an area
//! ([`identity`], [`tenancy`], [`billing`], [`partners`], [`deployments`], [`platform`]) to [`store`], which alone touches the database.

#![warn(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod declare;
mod words;

pub mod address;
pub mod auth;
pub mod billing;
pub mod clock;
pub mod command;
pub mod config;
mod connections;
pub mod convert;
pub mod cx;
pub mod demo;
pub mod deployments;
pub mod error;
pub mod fail;
pub mod id;
pub mod identity;
pub mod instance;
pub mod keys;
pub mod money;
pub mod partners;
pub mod platform;
pub mod private_file;
pub mod rpc;
pub mod serve;
pub mod shim;
pub mod store;
pub mod tables;
pub mod tenancy;
pub mod terminal;
pub mod work;

use axum::middleware::{from_fn, from_fn_with_state};
use tenantry_proto::{
    DESCRIPTORS,
    v1::{
        auth_service_server::AuthServiceServer, master_admin_service_server::MasterAdminServiceServer,
        reseller_service_server::ResellerServiceServer, tenant_admin_service_server::TenantAdminServiceServer,
    },
};
use tower::ServiceBuilder;

/// The longest message that is read. None of ours comes near it, and many at once have to find room.
const MAX_MESSAGE: usize = 256 * 1024;

/// All services and the layers in front of them, the outermost first.
fn services(app: &cx::App) -> axum::Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), serve::limits::by_address))
        .layer(from_fn(rpc::deadline))
        .layer(from_fn_with_state(app.clone(), auth::record_refusal))
        .layer(auth::AuthLayer::new(app.clone()));
    routes(app).layer(layers).layer(tonic_web::GrpcWebLayer::new())
}

/// All services, for calls of which it is known who makes them.
pub fn routes(app: &cx::App) -> axum::Router {
    let (_, health) = tonic_health::server::health_reporter();
    let mut routes = tonic::service::Routes::new(AuthServiceServer::new(rpc::Auth(app.clone())).max_decoding_message_size(MAX_MESSAGE))
        .add_service(MasterAdminServiceServer::new(rpc::MasterAdmin(app.clone())).max_decoding_message_size(MAX_MESSAGE))
        .add_service(TenantAdminServiceServer::new(rpc::TenantAdmin(app.clone())).max_decoding_message_size(MAX_MESSAGE))
        .add_service(ResellerServiceServer::new(rpc::Reseller(app.clone())).max_decoding_message_size(MAX_MESSAGE))
        .add_service(health.max_decoding_message_size(MAX_MESSAGE));
    // Both versions: grpcurl asks for the older one first, buf curl for the newer.
    let reflection = || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(DESCRIPTORS);
    match (reflection().build_v1(), reflection().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => {
            routes = routes
                .add_service(v1.max_decoding_message_size(MAX_MESSAGE))
                .add_service(v1alpha.max_decoding_message_size(MAX_MESSAGE));
        }
        (Err(error), _) | (_, Err(error)) => tracing::error!(%error, "there is no reflection"),
    }
    let layers = ServiceBuilder::new()
        .layer(from_fn(rpc::malformed))
        .layer(from_fn(rpc::few_questions));
    routes.prepare().into_axum_router().layer(layers)
}
