//! Asking a program of this machine over HTTP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The body that a program answers with 200 at a path, within a time, up to a size.
pub(super) async fn get(address: SocketAddr, path: &str, time: Duration, bytes: usize) -> io::Result<String> {
    tokio::time::timeout(time, exchange(address, path, bytes)).await?
}

async fn exchange(address: SocketAddr, path: &str, bytes: usize) -> io::Result<String> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(io::Error::other)?;
    let request = http::Request::get(path)
        .header(http::header::HOST, address.to_string())
        .body(Empty::<Bytes>::new())
        .map_err(io::Error::other)?;
    // Ends with the sender.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    if response.status() != http::StatusCode::OK {
        let text = format!("The program at {address} answered {} for {path}.", response.status());
        return Err(io::Error::other(text));
    }
    let body = Limited::new(response.into_body(), bytes)
        .collect()
        .await
        .map_err(io::Error::other)?;
    String::from_utf8(body.to_bytes().to_vec()).map_err(io::Error::other)
}
