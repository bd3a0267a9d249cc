//! The answer of a call that streams.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::StreamExt;
use prost::Message;
use tonic::Streaming;

use crate::error::RpcError;

/// Messages as they come. After an error nothing comes any more. Dropping it ends the call.
#[derive(Debug)]
pub struct Items<T> {
    stream: Option<Streaming<Bytes>>,
    request_id: Option<String>,
    message: PhantomData<fn() -> T>,
}

impl<T> Items<T> {
    pub(crate) fn new(answer: tonic::Response<Streaming<Bytes>>) -> Self {
        let request_id = answer.metadata().get("x-request-id").and_then(|v| v.to_str().ok());
        Self {
            request_id: request_id.map(str::to_owned),
            stream: Some(answer.into_inner()),
            message: PhantomData,
        }
    }
}

impl<T: Message + Default> Items<T> {
    /// The next message; `None` when the server has ended the stream in good order.
    pub async fn next(&mut self) -> Option<Result<T, RpcError>> {
        StreamExt::next(self).await
    }
}

impl<T: Message + Default> Stream for Items<T> {
    type Item = Result<T, RpcError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(None);
        };
        let item = match std::task::ready!(stream.poll_next_unpin(cx)) {
            Some(Ok(bytes)) => T::decode(bytes).map_err(|_| RpcError::garbled()),
            Some(Err(status)) => Err(RpcError::from(status)),
            None => {
                self.stream = None;
                return Poll::Ready(None);
            }
        };
        let item = item.map_err(|error| RpcError {
            request_id: error.request_id.or_else(|| self.request_id.clone()),
            ..error
        });
        if item.is_err() {
            self.stream = None;
        }
        Poll::Ready(Some(item))
    }
}
