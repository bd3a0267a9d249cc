//! Instances as a browser sees them.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Where an instance listens.
pub fn address(url: &str) -> Result<SocketAddr> {
    let (_, port) = host(url)?.rsplit_once(':').with_context(|| format!("{url} has no port"))?;
    Ok(SocketAddr::from(([127, 0, 0, 1], port.parse()?)))
}

/// What an instance answers at a path, head and all.
pub async fn page(url: &str, path: &str) -> Result<String> {
    ask(url, &format!("GET {path} HTTP/1.1"), "").await
}

/// What an instance answers to a request, whatever a resolver says of its name.
pub async fn ask(url: &str, head: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address(url)?).await?;
    let (host, length) = (host(url)?, body.len());
    let request = format!("{head}\r\nhost: {host}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn host(url: &str) -> Result<&str> {
    let host = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/'));
    host.with_context(|| format!("{url:?} is no address of an instance"))
}
