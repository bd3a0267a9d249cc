//! Accepting connections, and ending them in time.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower::ServiceExt;

use crate::{address::network, connections::Connections};

/// Connections at one time.
const CONNECTIONS: usize = 256;
/// How long a client may take to send a request's head, and a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a request's head is read.
const HEAD_BYTES: usize = 16 * 1024;
/// How long requests may go on after the signal to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(4);

/// Serves until `stop`, then lets the requests under way finish.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(CONNECTIONS);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, address)) = accepted else {
            // Out of files, say.
            connections.make_room(None);
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let place = tokio::select! {
            place = connections.place(network(address.ip().to_canonical())) => place,
            () = &mut stop => break,
        };
        let router = router.clone();
        let watched = place.connection();
        let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let router = router.clone();
            let (parts, body) = request.into_parts();
            let (body, exchange) = watched.request(Body::new(body));
            async move {
                let Ok(response) = router.oneshot(hyper::Request::from_parts(parts, body)).await;
                Ok::<_, Infallible>(response.map(|body| exchange.answer(body)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        // What a client does to its own connection concerns nobody else.
        tokio::spawn(place.run(graceful.watch(connection)));
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were cut off after {} s", DRAIN_TIMEOUT.as_secs());
    }
}
