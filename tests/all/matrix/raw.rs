//! Calls as bytes, and answers with all that a caller can see of them.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, bail};
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portal_client::Code;
use tenantry_tests::Harness;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tonic::{
    Status,
    body::Body,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt;
use tower::ServiceExt;

use super::contract::Rpc;

/// An answer, but for its request id and date. Two refusals that are equal here cannot be told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub code: Code,
    pub message: String,
    pub details: Bytes,
    /// The HTTP status, the headers, an empty line, and the trailers.
    pub head: Vec<String>,
    /// All that came between them.
    pub body: Bytes,
}

/// No message: nobody can decode it, so whoever refuses it for something else has not read it.
pub const GARBAGE: Bytes = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff]);

/// How long the first message of a stream is waited for.
const AT_FIRST: Duration = Duration::from_secs(5);

/// How long a stream is listened to from then on.
const A_WHILE: Duration = Duration::from_secs(1);

/// How long an answer is waited for that has a deadline before.
const FOR_EVER: Duration = Duration::from_secs(30);

/// A connection to a server.
#[derive(Clone)]
pub struct Wire(Channel);

impl Wire {
    pub fn to(h: &Harness) -> Result<Self> {
        Self::at(&h.origin())
    }

    /// To a server somewhere.
    pub fn at(origin: &str) -> Result<Self> {
        Ok(Self(Endpoint::from_shared(origin.to_owned())?.connect_lazy()))
    }

    /// Calls with an access token.
    pub async fn call_as(&self, rpc: &Rpc, body: Bytes, token: &str) -> Result<Answer> {
        self.call(rpc, body, &[format!("Bearer {token}")]).await
    }

    /// Calls with any number of `authorization` headers.
    pub async fn call(&self, rpc: &Rpc, body: Bytes, authorization: &[String]) -> Result<Answer> {
        self.call_path(&rpc.path, rpc.method.is_server_streaming(), body, authorization)
            .await
    }

    pub async fn call_path(&self, path: &str, streams: bool, message: Bytes, authorization: &[String]) -> Result<Answer> {
        Ok(self.exchange(path, streams, message, authorization).await?.0)
    }

    /// Calls with an access token; answers the request id too, by which the call is found again.
    pub async fn call_with_id(&self, rpc: &Rpc, message: Bytes, token: &str) -> Result<(Answer, String)> {
        let authorization = [format!("Bearer {token}")];
        self.exchange(&rpc.path, rpc.method.is_server_streaming(), message, &authorization)
            .await
    }

    async fn exchange(&self, path: &str, streams: bool, message: Bytes, authorization: &[String]) -> Result<(Answer, String)> {
        let headers: Vec<_> = authorization.iter().map(|value| (header::AUTHORIZATION, value.clone())).collect();
        let response = self.0.clone().oneshot(request(path, message, &headers)?).await?;
        let request_id = request_id(&response)?;
        Ok((read(response, streams).await?, request_id))
    }
}

/// Calls with an access token and a time by which the answer has to be there, as gRPC writes it; over a connection that leaves it to the server to keep to it. Answers
/// the request id too. A stream is read to its end.
pub async fn call_within(h: &Harness, rpc: &Rpc, body: Bytes, token: &str, time: &str) -> Result<(Answer, String)> {
    let stream = TokioIo::new(TcpStream::connect(h.running.address).await?);
    let (mut sender, connection) = handshake(TokioExecutor::new(), stream).await?;
    let connection = tokio::spawn(connection);
    let headers = [
        (header::AUTHORIZATION, format!("Bearer {token}")),
        (HeaderName::from_static("grpc-timeout"), time.to_owned()),
    ];
    let path = format!("{}{}", h.origin(), rpc.path);
    let answer = async {
        let response = sender.send_request(request(&path, body, &headers)?).await?;
        let request_id = request_id(&response)?;
        anyhow::Ok((read(response, false).await?, request_id))
    };
    let answer = tokio::time::timeout(FOR_EVER, answer).await;
    connection.abort();
    answer.with_context(|| format!("{} goes on", rpc.name()))?
}

fn request_id<B>(response: &Response<B>) -> Result<String> {
    let id = response.headers().get("x-request-id").context("there is no request id")?;
    Ok(id.to_str()?.to_owned())
}

fn request(path: &str, message: Bytes, headers: &[(HeaderName, String)]) -> Result<Request<Body>> {
    // Not compressed, and how long it is.
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(message.len().try_into()?);
    frame.put(message);
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    Ok(request.body(Body::new(Full::new(frame.freeze())))?)
}

async fn read<B>(response: Response<B>, streams: bool) -> Result<Answer>
where
    B: http_body::Body<Data = Bytes, Error: std::error::Error + Send + Sync + 'static> + Unpin,
{
    let (head, mut frames) = response.into_parts();
    let (mut body, mut trailers) = (BytesMut::new(), HeaderMap::new());
    let mut until = Instant::now() + if streams { AT_FIRST } else { FOR_EVER };
    loop {
        let frame = match timeout_at(until, frames.frame()).await {
            Ok(Some(frame)) => frame?,
            Ok(None) => break,
            // One that goes on is taken as it is.
            Err(_) if streams => break,
            Err(_) => bail!("an answer that has begun has no end"),
        };
        if streams && body.is_empty() {
            until = Instant::now() + A_WHILE;
        }
        match frame.into_data() {
            Ok(data) => body.put(data),
            Err(last) => trailers = last.into_trailers().unwrap_or_default(),
        }
    }
    Answer::of(head.status, &head.headers, &trailers, body.freeze())
}

impl Answer {
    fn of(http: http::StatusCode, headers: &HeaderMap, trailers: &HeaderMap, body: Bytes) -> Result<Self> {
        anyhow::ensure!(http == http::StatusCode::OK, "no answer of gRPC but HTTP {http}");
        let status = Status::from_header_map(trailers).or_else(|| Status::from_header_map(headers));
        // A stream that was left has no status yet.
        let status = status.unwrap_or_else(|| Status::ok(""));
        let mut head = lines(headers);
        head.push(String::new());
        head.extend(lines(trailers));
        Ok(Self {
            code: status.code(),
            message: status.message().to_owned(),
            details: Bytes::copy_from_slice(status.details()),
            head,
            body,
        })
    }

    /// The message.
    pub fn first(&self) -> Result<Bytes> {
        let length = self.body.get(1..5).context("there is no message")?;
        let length = u32::from_be_bytes(length.try_into()?).try_into()?;
        anyhow::ensure!(self.body.len() - 5 >= length, "the message is cut off");
        Ok(self.body.slice(5..).slice(..length))
    }

    /// All ids in it.
    pub fn ids(&self) -> BTreeSet<&str> {
        let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        let windows = self.body.windows(36);
        let ids = windows.filter(|w| w[..3].iter().all(u8::is_ascii_lowercase) && w[3] == b'_' && w[4..].iter().all(is_hex));
        ids.filter_map(|id| std::str::from_utf8(id).ok()).collect()
    }

    fn status(&self) -> Status {
        Status::with_details(self.code, self.message.clone(), self.details.clone())
    }

    /// The server's constant for the refusal.
    pub fn reason(&self) -> String {
        self.status().get_details_error_info().map(|info| info.reason).unwrap_or_default()
    }

    /// How long the server says to wait before the same is asked again.
    pub fn wait(&self) -> Option<Duration> {
        self.status().get_details_retry_info()?.retry_delay
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

/// In the order in which they came, but for the two that are another each time.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let told = headers.iter().filter(|(name, _)| *name != "x-request-id" && *name != header::DATE);
    told.map(|(name, value)| format!("{name}: {value:?}")).collect()
}
