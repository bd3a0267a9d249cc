//! The comparison: tonic with a handler that has its answer in memory, and nothing else.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context as Poller, Poll},
};

use anyhow::{Context, Result};
use portal_client::pb;
use prost::Message;
use tokio::net::TcpListener;
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService, UnaryService},
    transport::{Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;

/// Serves the tenant in the file that the second argument names; prints where.
pub async fn serve() -> Result<()> {
    let file = std::env::args().nth(2).context("echo FILE")?;
    let tenant = pb::Tenant::decode(std::fs::read(file)?.as_slice())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(Echo(Arc::new(tenant)))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

#[derive(Clone)]
struct Echo(Arc<pb::Tenant>);

impl NamedService for Echo {
    const NAME: &'static str = "tenantry.v1.MasterAdminService";
}

impl UnaryService<pb::GetTenantRequest> for Echo {
    type Response = pb::Tenant;
    type Future = BoxFuture<Response<pb::Tenant>, Status>;

    fn call(&mut self, request: Request<pb::GetTenantRequest>) -> Self::Future {
        let mut tenant = pb::Tenant::clone(&self.0);
        tenant.id = request.into_inner().tenant_id;
        Box::pin(async move { Ok(Response::new(tenant)) })
    }
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Poller<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let codec: ProstCodec<pb::Tenant, pb::GetTenantRequest> = ProstCodec::default();
            Ok(Grpc::new(codec).unary(service, request).await)
        })
    }
}
