//! One request: its id, its line in the log, and whether gRPC or the web answers it.

use super::{limits::Client, web};
use crate::{address, auth::Call, connections::Connection, cx::App};
use axum::{Router, body::Body};
use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use hyper::body::Incoming;
use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};
use tokio::sync::watch;
use tower::{Service, ServiceExt};
use tracing::Instrument;

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Told when the server stops; streams end then.
#[derive(Clone)]
pub struct Stopping(pub watch::Receiver<bool>);

/// What calls of gRPC and gRPC-Web say that they are.
const KINDS: [&[u8]; 6] = [
    b"application/grpc",
    b"application/grpc+proto",
    b"application/grpc-web",
    b"application/grpc-web+proto",
    b"application/grpc-web-text",
    b"application/grpc-web-text+proto",
];

/// The two halves of the one port.
#[derive(Clone)]
pub(super) struct Dispatch {
    app: App,
    grpc: Router,
    web: Router,
}

/// The halves for one connection.
#[derive(Clone)]
pub(super) struct ForPeer {
    dispatch: Dispatch,
    peer: Peer,
    connection: Arc<Connection>,
    stopping: Stopping,
}

impl Dispatch {
    pub(super) fn new(app: &App) -> Self {
        Self {
            app: app.clone(),
            grpc: crate::services(app),
            web: web::router(app),
        }
    }

    pub(super) fn for_peer(&self, peer: Peer, connection: Arc<Connection>, stopping: watch::Receiver<bool>) -> ForPeer {
        ForPeer {
            dispatch: self.clone(),
            peer,
            connection,
            stopping: Stopping(stopping),
        }
    }
}

impl Service<Request<Incoming>> for ForPeer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let (Dispatch { app, grpc, web }, peer, stopping) = (self.dispatch.clone(), self.peer, self.stopping.clone());
        let connection = self.connection.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let (body, exchange) = connection.request(Body::new(body));
            let mut request = Request::from_parts(parts, body);
            let request_id = uuid::Uuid::now_v7().simple().to_string();
            let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
            let is_grpc = KINDS.contains(&kind);
            let client = address::of_client(peer.0.ip(), request.headers(), &app.settings.trusted_proxies);
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            request.extensions_mut().insert(Call {
                request_id: request_id.clone(),
                remote_address: client.to_string(),
                method: path.clone(),
                caller: None,
                known: Default::default(),
            });
            request.extensions_mut().insert(Client(client));
            request.extensions_mut().insert(stopping);
            let span = tracing::info_span!("call", id = %request_id);
            let begun = Instant::now();
            let half = if is_grpc { grpc } else { web };
            let Ok(mut response) = half.oneshot(request).instrument(span.clone()).await;
            let took = begun.elapsed().as_micros();
            let grpc_status = response.headers().get("grpc-status").and_then(|v| v.to_str().ok());
            tracing::info!(parent: &span, %method, path, status = response.status().as_u16(), grpc_status, %client, took_us = took, "answered");
            if let Ok(value) = HeaderValue::from_str(&request_id) {
                response.headers_mut().insert("x-request-id", value);
            }
            Ok(response.map(|body| exchange.answer(body)))
        })
    }
}
