//! Connections: HTTP/1.1 and HTTP/2 on one port, within limits, and ended in good order.

use super::dispatch::{Dispatch, Peer};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use std::time::Duration;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};

/// What one connection may ask for.
const MAX_STREAMS: u32 = 256;
const MAX_HEADERS: u32 = 64 * 1024;
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Serves until told to stop, then waits for running calls until the deadline.
pub(super) async fn run(listener: TcpListener, dispatch: Dispatch, mut stopping: watch::Receiver<bool>, deadline: Duration) {
    let server = builder();
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, most likely: wait until some are free.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let service = hyper_util::service::TowerToHyperService::new(dispatch.for_peer(Peer(address), stopping.clone()));
        let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
        });
    }
    drop(listener);
    if timeout(deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("some calls did not end in time and are cut off");
    }
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
        .adaptive_window(true);
    server
}
