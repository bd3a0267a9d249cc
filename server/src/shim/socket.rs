//! The shim's socket: one line of JSON in, one line of JSON out.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::spec::{Reply, Request, SOCKET_FILE};

/// How long a client may take to say what it wants.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// A request is far shorter.
const REQUEST_BYTES: u64 = 1024;

/// A request and where its reply goes.
pub(super) type Call = (Request, oneshot::Sender<Reply>);

/// Binds the socket in the current folder, by its bare name: a socket's path may have 107 bytes only, a run folder's
/// may have more.
pub(super) fn bind() -> io::Result<UnixListener> {
    let path = Path::new(SOCKET_FILE);
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Takes connections for as long as the shim runs.
pub(super) async fn serve(listener: UnixListener, calls: mpsc::Sender<Call>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let calls = calls.clone();
                // A client that goes away in the middle concerns nobody else.
                tokio::spawn(async move { answer(stream, calls).await.ok() });
            }
            // Out of files, say: try again when that may have passed.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(stream: UnixStream, calls: mpsc::Sender<Call>) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reading.take(REQUEST_BYTES));
    tokio::time::timeout(REQUEST_TIMEOUT, reader.read_line(&mut line)).await??;
    let reply = match serde_json::from_str(&line) {
        Ok(request) => {
            let (sender, receiver) = oneshot::channel();
            calls.send((request, sender)).await.map_err(io::Error::other)?;
            receiver.await.map_err(io::Error::other)?
        }
        Err(error) => Reply::Refused {
            message: format!("The request cannot be read: {error}."),
        },
    };
    let mut line = serde_json::to_vec(&reply)?;
    line.push(b'\n');
    writing.write_all(&line).await?;
    writing.shutdown().await
}
