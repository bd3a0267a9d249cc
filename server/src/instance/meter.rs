//! Counting what goes in and out, and showing it as Prometheus text.

use std::fmt::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, StatusCode};
use http_body::{Frame, SizeHint};

const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "OTHER"];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The counters of this process. Probes are not counted.
pub(super) struct Meter {
    requests: [[AtomicU64; CLASSES.len()]; METHODS.len()],
    request_bytes: Arc<AtomicU64>,
    response_bytes: Arc<AtomicU64>,
    started_at: DateTime<Utc>,
}

impl Meter {
    pub(super) fn new(started_at: DateTime<Utc>) -> Self {
        Self {
            requests: Default::default(),
            request_bytes: Arc::default(),
            response_bytes: Arc::default(),
            started_at,
        }
    }

    /// Counts a request's head now and its body as it is read.
    pub(super) fn request(&self, request: Request) -> Request {
        let target = request.uri().path_and_query().map_or(1, |target| target.as_str().len());
        let line = request.method().as_str().len() + target + "  HTTP/1.1\r\n".len();
        add(&self.request_bytes, line + header_bytes(request.headers()));
        request.map(|body| {
            Body::new(Counted {
                body,
                counter: Arc::clone(&self.request_bytes),
            })
        })
    }

    /// Counts a response's head now and its body as it is sent.
    pub(super) fn response(&self, method: &Method, response: Response) -> Response {
        let method = METHODS
            .iter()
            .position(|name| *name == method.as_str())
            .unwrap_or(METHODS.len() - 1);
        let class = match response.status().as_u16() {
            ..300 => 0,
            300..400 => 1,
            400..500 => 2,
            _ => 3,
        };
        self.requests[method][class].fetch_add(1, Ordering::Relaxed);
        // The server adds a date and a length.
        let added = "date: Fri, 20 Nov 2026 10:00:00 GMT\r\ncontent-length: 1000\r\n".len();
        add(
            &self.response_bytes,
            status_bytes(response.status()) + header_bytes(response.headers()) + added,
        );
        response.map(|body| {
            Body::new(Counted {
                body,
                counter: Arc::clone(&self.response_bytes),
            })
        })
    }

    /// The counters as Prometheus text.
    pub(super) fn text(&self, subscribers: u32) -> String {
        let mut text = String::new();
        family(
            &mut text,
            "tenantry_instance_requests_total",
            "counter",
            "Requests answered, probes not counted.",
        );
        for (method, classes) in METHODS.iter().zip(&self.requests) {
            for (class, count) in CLASSES.iter().zip(classes) {
                let count = count.load(Ordering::Relaxed);
                // Writing to a string cannot fail.
                let _ = writeln!(
                    text,
                    "tenantry_instance_requests_total{{method=\"{method}\",status=\"{class}\"}} {count}"
                );
            }
        }
        for (name, help, counter) in [
            (
                "tenantry_instance_request_bytes_total",
                "Bytes of requests: bodies as read, heads as rebuilt.",
                &self.request_bytes,
            ),
            (
                "tenantry_instance_response_bytes_total",
                "Bytes of responses: bodies as sent, heads as rebuilt.",
                &self.response_bytes,
            ),
        ] {
            family(&mut text, name, "counter", help);
            let _ = writeln!(text, "{name} {}", counter.load(Ordering::Relaxed));
        }
        family(&mut text, "tenantry_instance_subscribers", "gauge", "Subscribers in the list.");
        let _ = writeln!(text, "tenantry_instance_subscribers {subscribers}");
        family(
            &mut text,
            "process_start_time_seconds",
            "gauge",
            "When this process started, in seconds since 1970.",
        );
        let millis = self.started_at.timestamp_millis();
        let _ = writeln!(text, "process_start_time_seconds {}.{:03}", millis / 1000, millis % 1000);
        text
    }
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn header_bytes(headers: &HeaderMap) -> usize {
    let line = |name: usize, value: usize| name + ": ".len() + value + "\r\n".len();
    headers
        .iter()
        .map(|(name, value)| line(name.as_str().len(), value.len()))
        .sum::<usize>()
        + "\r\n".len()
}

fn status_bytes(status: StatusCode) -> usize {
    "HTTP/1.1 200 \r\n".len() + status.canonical_reason().unwrap_or_default().len()
}

fn add(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// A body whose bytes are counted as they pass.
struct Counted {
    body: Body,
    counter: Arc<AtomicU64>,
}

impl http_body::Body for Counted {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            add(&self.counter, data.len());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn heads_and_bodies_are_counted() {
        let meter = Meter::new(DateTime::from_timestamp_millis(1_763_600_000_125).unwrap());
        let request = Request::post("/login?x=1").header("host", "isp").body(Body::from("12345")).unwrap();
        let request = meter.request(request);
        let head = "POST /login?x=1 HTTP/1.1\r\nhost: isp\r\n\r\n".len() as u64;
        assert_eq!(meter.request_bytes.load(Ordering::Relaxed), head);
        request.into_body().collect().await.unwrap();
        assert_eq!(meter.request_bytes.load(Ordering::Relaxed), head + 5);
        let response = meter.response(&Method::POST, Response::new(Body::from("1234567890")));
        assert_eq!(http_body::Body::size_hint(response.body()).exact(), Some(10));
        let before = meter.response_bytes.load(Ordering::Relaxed);
        response.into_body().collect().await.unwrap();
        assert_eq!(meter.response_bytes.load(Ordering::Relaxed), before + 10);
        let text = meter.text(3);
        assert!(
            text.contains("\ntenantry_instance_requests_total{method=\"POST\",status=\"2xx\"} 1\n"),
            "{text}"
        );
        assert!(text.contains("\ntenantry_instance_subscribers 3\n"), "{text}");
        assert!(text.contains("\nprocess_start_time_seconds 1763600000.125\n"), "{text}");
    }
}
