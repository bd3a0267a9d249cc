//! How bytes get to the server and back: gRPC-Web through the browser's fetch, or gRPC over HTTP/2.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use tonic::{
    Request, Response, Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};

use crate::error::RpcError;
use platform::Channel;
pub(crate) use platform::{now, page_origin};

/// How long a call without a stream may take.
const DEADLINE: Duration = Duration::from_secs(30);

/// The server.
#[derive(Clone)]
pub(crate) struct Transport(Option<Channels>);

#[derive(Clone)]
struct Channels {
    /// For calls that answer once.
    unary: Channel,
    /// For streams, which have no deadline.
    stream: Channel,
}

impl Transport {
    /// The server at an origin, `https://tenantry.example` for example. Where that is no address, no call gets through.
    pub(crate) fn new(origin: &str) -> Self {
        Self(platform::channels(origin))
    }

    /// One message there, one back.
    pub(crate) async fn unary(&self, path: &'static str, body: Bytes, token: Option<&str>) -> Result<Bytes, RpcError> {
        let mut request = request(body, token).ok_or_else(RpcError::garbled)?;
        request.set_timeout(DEADLINE);
        let channels = self.0.clone().ok_or_else(RpcError::unreachable)?;
        let mut grpc = Grpc::new(channels.unary);
        grpc.ready().await.map_err(|_| RpcError::unreachable())?;
        let answer = grpc.unary(request, PathAndQuery::from_static(path), Raw).await?;
        Ok(answer.into_inner())
    }

    /// One message there, many back.
    pub(crate) async fn stream(
        &self,
        path: &'static str,
        body: Bytes,
        token: Option<&str>,
    ) -> Result<Response<Streaming<Bytes>>, RpcError> {
        let request = request(body, token).ok_or_else(RpcError::garbled)?;
        let channels = self.0.clone().ok_or_else(RpcError::unreachable)?;
        let mut grpc = Grpc::new(channels.stream);
        grpc.ready().await.map_err(|_| RpcError::unreachable())?;
        Ok(grpc.server_streaming(request, PathAndQuery::from_static(path), Raw).await?)
    }
}

/// What is sent; `None` for a token that cannot be.
fn request(body: Bytes, token: Option<&str>) -> Option<Request<Bytes>> {
    let mut request = Request::new(body);
    if let Some(token) = token {
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer {token}").parse().ok()?);
    }
    Some(request)
}

/// Messages stay bytes here, so that the machinery of a call is there once and not once for each message.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use super::{Channels, DEADLINE};
    use tonic_web_wasm_client::options::FetchOptions;

    pub(super) use tonic_web_wasm_client::Client as Channel;

    /// The time-out of a fetch covers the whole answer, so streams go without.
    pub(super) fn channels(origin: &str) -> Option<Channels> {
        let options = FetchOptions::new().timeout(DEADLINE);
        Some(Channels {
            unary: Channel::new_with_options(origin.to_owned(), options),
            stream: Channel::new(origin.to_owned()),
        })
    }

    /// The server that the page came from.
    pub(crate) fn page_origin() -> String {
        let window = web_sys::window();
        window.and_then(|w| w.location().origin().ok()).unwrap_or_default()
    }

    /// The clock of the browser, in milliseconds.
    pub(crate) fn now() -> i64 {
        js_sys::Date::now() as i64
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use super::Channels;
    use std::time::{SystemTime, UNIX_EPOCH};
    use tonic::transport::Endpoint;

    pub(super) use tonic::transport::Channel;

    /// One connection, made with the first call.
    pub(super) fn channels(origin: &str) -> Option<Channels> {
        let unary = Endpoint::from_shared(origin.to_owned()).ok()?.connect_lazy();
        let stream = unary.clone();
        Some(Channels { unary, stream })
    }

    /// Outside of a browser there is no page, and no server that it came from.
    pub(crate) fn page_origin() -> String {
        String::new()
    }

    /// The clock of this machine, in milliseconds.
    pub(crate) fn now() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}
