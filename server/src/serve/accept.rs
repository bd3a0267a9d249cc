//! Connections: HTTP/1.1 and HTTP/2 on one port, within limits, and ended in good order.

use super::{
    dispatch::{Dispatch, Peer},
    greeting::Greeting,
};
use crate::{address::network, connections::Connections};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};

/// What one connection may ask for.
const MAX_STREAMS: u32 = 256;
const MAX_HEADERS: u32 = 16 * 1024;
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// What is kept of requests that nobody has read yet, for a connection, and of an answer that the client does not take. Requests are small.
const MAX_UNREAD: u32 = 1024 * 1024;
const MAX_UNSENT: usize = 128 * 1024;
/// How many connections there are at once.
const MAX_CONNECTIONS: usize = 16_384;
/// File handles that are not for connections: the database, instances, logs.
const OTHER_FILES: u64 = 256;

/// Serves until told to stop, then waits for running calls until the deadline.
pub(super) async fn run(listener: TcpListener, dispatch: Dispatch, mut stopping: watch::Receiver<bool>, deadline: Duration) {
    let server = builder();
    let graceful = GracefulShutdown::new();
    let connections = Connections::new(places());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, most likely.
                tracing::warn!(%error, "cannot accept a connection");
                connections.make_room(None);
                sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let place = tokio::select! {
            place = connections.place(network(address.ip().to_canonical())) => place,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let _ = stream.set_nodelay(true);
        let service = dispatch.for_peer(Peer(address), place.connection(), stopping.clone());
        let service = hyper_util::service::TowerToHyperService::new(service);
        let connection = server
            .serve_connection(TokioIo::new(Greeting::new(stream, HEADERS_WITHIN)), service)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(place.run(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        }));
    }
    drop(listener);
    if timeout(deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("some calls did not end in time and are cut off");
    }
}

/// How many connections this process can have: each takes a file handle, of which there are as many as the system gives on demand.
fn places() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit {
        current: Some(most),
        maximum: limit.maximum,
    };
    let handles = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => most,
        Err(_) => limit.current.unwrap_or(most),
    };
    usize::try_from(handles.saturating_sub(OTHER_FILES))
        .unwrap_or(MAX_CONNECTIONS)
        .clamp(64, MAX_CONNECTIONS)
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MAX_HEADERS as usize);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS)
        .max_pending_accept_reset_streams(32)
        .max_local_error_reset_streams(128)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .initial_connection_window_size(MAX_UNREAD)
        .max_send_buf_size(MAX_UNSENT);
    server
}
