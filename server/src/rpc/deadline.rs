//! The time that a call may take before its first answer.

use crate::store;
use axum::{extract::Request, middleware::Next, response::Response};
use http::HeaderMap;
use std::time::{Duration, Instant};
use tonic::Status;

/// The longest, and what a call gets that names no time.
const LONGEST: Duration = Duration::from_secs(60);

/// What no call can keep, and no timer can tell.
const SHORTEST: Duration = Duration::from_millis(1);

/// Ends a call that takes longer than its caller grants, with what it does in the database. One that is granted no time is not begun.
pub async fn deadline(request: Request, next: Next) -> Response {
    let granted = granted(request.headers());
    if granted >= SHORTEST {
        let work = store::until(Instant::now() + granted, next.run(request));
        if let Ok(response) = tokio::time::timeout(granted, work).await {
            return response;
        }
    }
    Status::deadline_exceeded("The call took longer than its deadline.").into_http()
}

/// What the caller grants, by the header of gRPC: up to eight digits and a unit.
fn granted(headers: &HeaderMap) -> Duration {
    let asked = headers.get("grpc-timeout").and_then(|v| v.to_str().ok()).and_then(|text| {
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
    });
    asked.unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_read_and_capped() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().expect("value"));
            granted(&headers)
        };
        assert_eq!(of("250m"), Duration::from_millis(250));
        assert_eq!(of("2S"), Duration::from_secs(2));
        assert_eq!(of("9H"), LONGEST);
        for odd in ["", "S", "x", "1", "-1S", "123456789S", "1é"] {
            assert_eq!(of(&odd.replace('é', "x")), LONGEST, "{odd}");
        }
    }
}
