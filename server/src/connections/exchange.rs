//! A request with its answer: on whom each of them waits, and what becomes of the rest of a request that was answered before its end.

use super::{Connection, lock};
use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    time::{Instant, timeout},
};

/// How much of a request that was answered already is still read, and for how long.
const UNREAD: usize = 64 * 1024;
const UNREAD_FOR: Duration = Duration::from_secs(1);

/// A request with its answer, until both are dropped.
#[derive(Clone)]
pub(crate) struct Exchange(Arc<Noted>);

struct Noted {
    id: u64,
    connection: Arc<Connection>,
}

impl Drop for Noted {
    fn drop(&mut self) {
        let mut requests = lock(&self.connection.requests);
        requests.open.remove(&self.id);
        requests.idle_since = Instant::now();
    }
}

impl Exchange {
    /// Of a request that a connection has noted; with the body, which is watched from now on.
    pub(super) fn new(id: u64, connection: Arc<Connection>, body: Body) -> (Body, Self) {
        let exchange = Self(Arc::new(Noted { id, connection }));
        let body = Body::new(Watched {
            inner: body,
            exchange: exchange.clone(),
            is_answer: false,
        });
        (body, exchange)
    }

    /// The body of the answer, which the client has to take.
    pub(crate) fn answer(self, body: Body) -> Body {
        self.waits(true);
        Body::new(Watched {
            inner: body,
            exchange: self,
            is_answer: true,
        })
    }

    fn waits(&self, waits: bool) {
        let since = waits.then(Instant::now);
        lock(&self.0.connection.requests).open.insert(self.0.id, since);
    }
}

/// A body that notes on whom it waits.
struct Watched {
    inner: Body,
    exchange: Exchange,
    is_answer: bool,
}

/// Reads the rest of a request that was answered before its end, and forgets it. A client that is still sending has done nothing wrong, but on a stream that is closed
/// under its hands HTTP/2 takes what comes for an error, and many of those end the connection, with all that others behind the same proxy have on it.
async fn forget(mut rest: Body) {
    let mut left = UNREAD;
    while let Some(Ok(frame)) = rest.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(length) else { return };
        left = less;
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.is_answer || http_body::Body::is_end_stream(&self.inner) {
            return;
        }
        let rest = std::mem::take(&mut self.inner);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(UNREAD_FOR, forget(rest)));
        }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        // A frame of an answer is on its way to the client; one of a request that is not there is on its way from it.
        self.exchange.waits(frame.is_ready() == self.is_answer);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
