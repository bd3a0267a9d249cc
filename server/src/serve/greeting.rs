//! The first bytes of a connection, for which it has a deadline. Until they have come nobody knows which protocol it speaks, and no protocol's own deadline runs.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// The preface of HTTP/2; what has sent as much is of a known protocol.
const LENGTH: usize = 24;

/// A connection that breaks when its first bytes do not come in time.
pub(super) struct Greeting {
    stream: TcpStream,
    /// How many of them are missing, and until when they must have come.
    missing: Option<(usize, Pin<Box<Sleep>>)>,
}

impl Greeting {
    pub(super) fn new(stream: TcpStream, within: Duration) -> Self {
        Self {
            stream,
            missing: Some((LENGTH, Box::pin(sleep(within)))),
        }
    }
}

impl AsyncRead for Greeting {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if let Some((missing, deadline)) = &mut this.missing {
            if read.is_pending() {
                ready!(deadline.as_mut().poll(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            *missing = missing.saturating_sub(buffer.filled().len() - before);
            if *missing == 0 {
                this.missing = None;
            }
        }
        read
    }
}

impl AsyncWrite for Greeting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    #[tokio::test]
    async fn a_connection_that_does_not_say_what_it_is_breaks() -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        for (words, breaks) in [("", true), ("PRI * HT", true), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false)] {
            let mut client = TcpStream::connect(listener.local_addr()?).await?;
            let mut server = Greeting::new(listener.accept().await?.0, Duration::from_millis(50));
            client.write_all(words.as_bytes()).await?;
            let mut heard = Vec::new();
            let end = tokio::time::timeout(Duration::from_millis(500), server.read_to_end(&mut heard)).await;
            assert_eq!(heard, words.as_bytes());
            assert_eq!(
                matches!(end, Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut),
                breaks,
                "{words:?}"
            );
        }
        Ok(())
    }
}
