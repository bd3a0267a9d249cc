//! Calls as bytes, and answers with all that a caller can see of them.

use std::time::Duration;

use anyhow::Result;
use bytes::{Buf, BufMut, Bytes};
use portal_client::Code;
use tenantry_tests::Harness;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    metadata::{KeyAndValueRef, MetadataMap},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;

use super::contract::Rpc;

/// An answer, but for its request id and date. Two refusals that are equal here cannot be told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub code: Code,
    pub message: String,
    pub details: Bytes,
    pub headers: Vec<String>,
    /// The message, or the first one of a stream.
    pub body: Option<Bytes>,
}

/// No message: nobody can decode it, so whoever refuses it for something else has not read it.
pub const GARBAGE: Bytes = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff]);

/// How long a stream may be silent before that is its answer.
const SILENCE: Duration = Duration::from_secs(3);

/// A connection to a server.
#[derive(Clone)]
pub struct Wire(Channel);

impl Wire {
    pub fn to(h: &Harness) -> Result<Self> {
        Ok(Self(Endpoint::from_shared(h.origin())?.connect_lazy()))
    }

    /// Calls with any number of `authorization` headers.
    pub async fn call(&self, rpc: &Rpc, body: Bytes, authorization: &[String]) -> Result<Answer> {
        self.call_path(&rpc.path, rpc.method.is_server_streaming(), body, authorization)
            .await
    }

    /// Calls with an access token.
    pub async fn call_as(&self, rpc: &Rpc, body: Bytes, token: &str) -> Result<Answer> {
        self.call(rpc, body, &[format!("Bearer {token}")]).await
    }

    pub async fn call_path(&self, path: &str, streams: bool, body: Bytes, authorization: &[String]) -> Result<Answer> {
        let mut request = Request::new(body);
        for value in authorization {
            request.metadata_mut().append("authorization", value.parse()?);
        }
        let mut grpc = Grpc::new(self.0.clone());
        grpc.ready().await?;
        let path: PathAndQuery = path.parse()?;
        if !streams {
            return Ok(match grpc.unary(request, path, Raw).await {
                Ok(answer) => Answer::good(answer.metadata(), Some(answer.get_ref().clone())),
                Err(status) => Answer::refused(&status),
            });
        }
        Ok(match grpc.server_streaming(request, path, Raw).await {
            Ok(mut answer) => match tokio::time::timeout(SILENCE, answer.get_mut().message()).await {
                Ok(Ok(first)) => Answer::good(answer.metadata(), first),
                Ok(Err(status)) => Answer::refused(&status),
                Err(_) => Answer::good(answer.metadata(), None),
            },
            Err(status) => Answer::refused(&status),
        })
    }
}

impl Answer {
    fn good(metadata: &MetadataMap, body: Option<Bytes>) -> Self {
        Self {
            code: Code::Ok,
            message: String::new(),
            details: Bytes::new(),
            headers: headers(metadata),
            body,
        }
    }

    fn refused(status: &Status) -> Self {
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            details: Bytes::copy_from_slice(status.details()),
            headers: headers(status.metadata()),
            body: None,
        }
    }

    fn status(&self) -> Status {
        Status::with_details(self.code, self.message.clone(), self.details.clone())
    }

    /// The server's constant for the refusal.
    pub fn reason(&self) -> String {
        self.status().get_details_error_info().map(|info| info.reason).unwrap_or_default()
    }

    /// The fields that a refusal names.
    pub fn violations(&self) -> Vec<String> {
        let wrong = self.status().get_details_bad_request();
        wrong.into_iter().flat_map(|b| b.field_violations).map(|v| v.field).collect()
    }

    /// In a line.
    pub fn short(&self) -> String {
        let fields = self.violations();
        match self.code {
            Code::Ok => "OK".into(),
            code if fields.is_empty() => format!("{code:?} {}: {}", self.reason(), self.message),
            code => format!("{code:?} {fields:?}"),
        }
    }
}

fn headers(metadata: &MetadataMap) -> Vec<String> {
    let mut lines: Vec<_> = metadata
        .iter()
        .map(|pair| match pair {
            KeyAndValueRef::Ascii(key, value) => format!("{key}: {value:?}"),
            KeyAndValueRef::Binary(key, value) => format!("{key}: {value:?}"),
        })
        .filter(|line| !line.starts_with("x-request-id:") && !line.starts_with("date:"))
        .collect();
    lines.sort();
    lines
}

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
