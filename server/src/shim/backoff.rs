//! How long to wait before a program that ended by itself is started again.

use std::time::Duration;

/// Doubles from one second to a limit, and starts over after a healthy run.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after a run of this length.
    pub(super) fn after(&mut self, ran: Duration, healthy: Duration, limit: Duration) -> Duration {
        if ran >= healthy {
            self.failures = 0;
        }
        let seconds = 1_u64.checked_shl(self.failures).unwrap_or(u64::MAX);
        self.failures = self.failures.saturating_add(1);
        Duration::from_secs(seconds).min(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn it_doubles_up_to_the_limit() {
        let mut backoff = Backoff::default();
        let mut next = || backoff.after(Duration::ZERO, MINUTE, MINUTE).as_secs();
        let waits: Vec<u64> = (0..8).map(|_| next()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!((0..200).all(|_| next() == 60));
    }

    #[test]
    fn a_healthy_run_starts_over() {
        let mut backoff = Backoff::default();
        backoff.after(Duration::ZERO, MINUTE, MINUTE);
        backoff.after(Duration::from_secs(59), MINUTE, MINUTE);
        assert_eq!(backoff.after(MINUTE, MINUTE, MINUTE).as_secs(), 1);
        assert_eq!(backoff.after(Duration::ZERO, MINUTE, MINUTE).as_secs(), 2);
    }
}
