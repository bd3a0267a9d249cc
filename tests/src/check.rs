//! What tests say about answers.

use std::{
    fmt::Debug,
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use portal_client::{Code, RpcError};
use tokio::time::{sleep, timeout};

/// An answer that has to be a refusal.
pub trait Refused {
    /// The refusal, which has this code.
    fn refused(self, code: Code) -> Result<RpcError>;
    /// The paths of the fields that are refused; nothing else is wrong.
    fn violations(self) -> Result<Vec<String>>;
}

impl<T: Debug> Refused for Result<T, RpcError> {
    fn refused(self, code: Code) -> Result<RpcError> {
        match self {
            Err(error) if error.code == code => Ok(error),
            Err(error) => bail!("refused with {:?} and not with {code:?}: {error}", error.code),
            Ok(answer) => bail!("not refused with {code:?}: {answer:?}"),
        }
    }

    fn violations(self) -> Result<Vec<String>> {
        let error = self.refused(Code::InvalidArgument)?;
        ensure!(!error.violations.is_empty(), "no field is named: {error}");
        Ok(error.violations.into_iter().map(|(field, _)| field).collect())
    }
}

const TICK: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until the answer is as wanted, for half a minute at most.
pub async fn eventually<T: Debug>(what: &str, ask: impl AsyncFn() -> Result<T>, wanted: impl Fn(&T) -> bool) -> Result<T> {
    let begun = Instant::now();
    loop {
        let answer = ask().await?;
        if wanted(&answer) {
            return Ok(answer);
        }
        ensure!(begun.elapsed() < PATIENCE, "still not {what}: {answer:#?}");
        sleep(TICK).await;
    }
}

/// Calls until that is refused; answers the refusal, and when the last call that was still allowed was begun.
pub async fn until_refused<T: Debug>(call: impl AsyncFn() -> Result<T, RpcError>) -> Result<(RpcError, Instant)> {
    let begun = Instant::now();
    let mut allowed = begun;
    loop {
        let now = Instant::now();
        match call().await {
            Err(refusal) => return Ok((refusal, allowed)),
            Ok(answer) => ensure!(begun.elapsed() < PATIENCE, "still not refused: {answer:#?}"),
        }
        allowed = now;
        sleep(TICK).await;
    }
}

/// Does something, and tells for how long the machine, which has other work, let this process wait meanwhile, at the longest.
pub async fn with_stall<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let (mut work, mut longest) = (pin!(work), Duration::ZERO);
    loop {
        let begun = Instant::now();
        if let Ok(done) = timeout(TICK, &mut work).await {
            return (done, longest);
        }
        longest = longest.max(begun.elapsed().saturating_sub(TICK));
    }
}
