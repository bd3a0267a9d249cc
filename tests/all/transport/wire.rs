//! Connections on which a test says exactly what it wants.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::{BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Request, StatusCode};
use portal_client::pb;
use prost::Message;
use tenantry::config::Settings;
use tenantry_tests::{Database, Harness, Server, fresh_settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// How long an answer may take; who waits longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One connection of HTTP/2.
#[derive(Clone)]
pub struct Wire(SendRequest<Bytes>);

/// All that came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub http: StatusCode,
    pub headers: HeaderMap,
    pub trailers: HeaderMap,
    pub body: Bytes,
}

impl Wire {
    pub async fn to(h: &Harness) -> Result<Self> {
        let stream = TcpStream::connect(h.running.address).await?;
        let (sender, connection) = h2::client::handshake(stream).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// A call of gRPC, and who is said to be behind it.
    pub async fn call(&self, path: &str, message: &impl Message, from: &str, token: &str) -> Result<Answer> {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/grpc"), ("te", "trailers"), ("x-forwarded-for", from)];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        self.post(path, &headers, framed(&message.encode_to_vec())).await
    }

    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Answer> {
        self.send("POST", path, headers, body).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Bytes) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("http://localhost{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut sender = self.0.clone().ready().await?;
        let (answer, mut stream) = sender.send_request(request.body(())?, body.is_empty())?;
        if !body.is_empty() {
            // Who was refused already is not asked for the rest: the answer tells.
            let _ = stream.send_data(body, true);
        }
        timeout(PATIENCE, read(answer)).await.context("no answer in time")?
    }
}

/// The whole answer.
pub async fn read(answer: impl Future<Output = Result<http::Response<h2::RecvStream>, h2::Error>>) -> Result<Answer> {
    let (head, mut body) = answer.await?.into_parts();
    let mut all = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        all.put(data);
    }
    Ok(Answer {
        http: head.status,
        headers: head.headers,
        trailers: body.trailers().await?.unwrap_or_default(),
        body: all.freeze(),
    })
}

impl Answer {
    /// The status of gRPC.
    pub fn status(&self) -> Status {
        let status = Status::from_header_map(&self.trailers).or_else(|| Status::from_header_map(&self.headers));
        status.unwrap_or_else(|| Status::unknown(format!("no status: {self:?}")))
    }

    pub fn code(&self) -> Code {
        self.status().code()
    }

    /// After which time a refusal says to come again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.status().get_details_retry_info()?.retry_delay
    }

    /// What a caller can tell two refusals apart by.
    pub fn face(&self) -> String {
        let mut lines: Vec<_> = self.headers.iter().chain(&self.trailers).collect();
        lines.retain(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
        format!("{} {lines:?} {:?}", self.http, self.body)
    }
}

/// A message of gRPC, not compressed, with its length.
pub fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(message.len() as u32);
    frame.put(message);
    frame.freeze()
}

/// What comes back on a connection of HTTP/1.1, until it is closed or nothing comes for a while.
pub async fn plain(h: &Harness, request: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(h.running.address).await?;
    stream.write_all(request).await?;
    listen(&mut stream).await
}

/// How long the beginning of an answer is waited for, and what comes after it.
const FIRST: Duration = Duration::from_secs(10);
const NEXT: Duration = Duration::from_secs(2);

/// What comes until the end, or until nothing more comes for a while.
pub async fn listen(stream: &mut TcpStream) -> Result<String> {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    loop {
        let patience = if all.is_empty() { FIRST } else { NEXT };
        let Ok(read) = timeout(patience, stream.read(&mut part)).await else {
            break;
        };
        match read {
            Ok(0) | Err(_) => break,
            Ok(length) => all.extend_from_slice(&part[..length]),
        }
    }
    Ok(String::from_utf8_lossy(&all).into_owned())
}

/// A server that believes the test where it says that it is calling from.
pub async fn behind_a_proxy(database: Database, change: impl FnOnce(&mut Settings)) -> Result<Harness> {
    let mut settings = fresh_settings(database).await?;
    settings.trusted_proxies = vec!["127.0.0.0/8".parse()?];
    change(&mut settings);
    Harness::new(Server::with(database, settings).await?).await
}

/// A sign-in to the master portal.
pub fn sign_in(email: &str, password: &str) -> pb::SignInRequest {
    pb::SignInRequest {
        portal: pb::Portal::Master.into(),
        email: email.to_owned(),
        password: password.to_owned(),
        ..Default::default()
    }
}

pub const SIGN_IN: &str = "/tenantry.v1.AuthService/SignIn";
