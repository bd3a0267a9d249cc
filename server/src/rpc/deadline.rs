//! The time that a call may take: before its first answer, and where the answer is a stream, to its end.

use crate::store;
use axum::{extract::Request, middleware::Next, response::Response};
use http::HeaderMap;
use std::time::{Duration, Instant};
use tonic::Status;

/// The longest, and what a call gets that names no time.
const LONGEST: Duration = Duration::from_secs(60);

/// What no call can keep, and no timer can tell.
const SHORTEST: Duration = Duration::from_millis(1);

/// When a stream has to end. One whose caller names no time goes on.
#[derive(Clone, Copy)]
pub(super) struct Until(pub(super) Instant);

/// Ends a call that takes longer than its caller grants, with what it does in the database. One that is granted no time is not begun.
pub async fn deadline(mut request: Request, next: Next) -> Response {
    let (begun, asked) = (Instant::now(), asked(request.headers()));
    if let Some(until) = asked.and_then(|asked| begun.checked_add(asked)) {
        request.extensions_mut().insert(Until(until));
    }
    let granted = asked.unwrap_or(LONGEST).min(LONGEST);
    if granted >= SHORTEST {
        let work = store::until(begun + granted, next.run(request));
        if let Ok(response) = tokio::time::timeout(granted, work).await {
            return response;
        }
    }
    exceeded().into_http()
}

/// What is said of a call that took too long.
pub(super) fn exceeded() -> Status {
    Status::deadline_exceeded("The call took longer than its deadline.")
}

/// What the caller grants, by the header of gRPC: up to eight digits and a unit.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    headers.get("grpc-timeout").and_then(|v| v.to_str().ok()).and_then(|text| {
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let count: u64 = if digits.len() <= 8 { digits.parse().ok()? } else { return None };
        match unit {
            "H" => Some(Duration::from_secs(count * 3600)),
            "M" => Some(Duration::from_secs(count * 60)),
            "S" => Some(Duration::from_secs(count)),
            "m" => Some(Duration::from_millis(count)),
            "u" => Some(Duration::from_micros(count)),
            "n" => Some(Duration::from_nanos(count)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_read() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().expect("value"));
            asked(&headers)
        };
        assert_eq!(of("250m"), Some(Duration::from_millis(250)));
        assert_eq!(of("2S"), Some(Duration::from_secs(2)));
        assert_eq!(of("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for odd in ["", "S", "x", "1", "-1S", "123456789S", "1é"] {
            assert_eq!(of(&odd.replace('é', "x")), None, "{odd}");
        }
    }
}
