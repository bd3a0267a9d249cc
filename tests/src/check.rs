//! What tests say about answers.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use portal_client::{Code, RpcError};

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

/// Asks until the answer is as wanted, for half a minute at most.
pub async fn eventually<T: Debug>(what: &str, ask: impl AsyncFn() -> Result<T>, wanted: impl Fn(&T) -> bool) -> Result<T> {
    let begun = Instant::now();
    loop {
        let answer = ask().await?;
        if wanted(&answer) {
            return Ok(answer);
        }
        ensure!(begun.elapsed() < Duration::from_secs(30), "still not {what}: {answer:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
