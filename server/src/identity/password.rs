//! Passwords: Argon2id with the parameters of the crate's default (OWASP's: 19 MiB, 2 passes), at most two at a time so that sign-ins cannot eat the memory.

use crate::error::{Error, Result};
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// The shortest password in characters.
pub const MIN_LENGTH: usize = 12;
/// The longest password in characters.
pub const MAX_LENGTH: usize = 200;

/// How many hashes are computed at once.
static PLACES: Semaphore = Semaphore::const_new(2);

/// What a sign-in with an unknown address is checked against, so that it takes as long as one with a known address.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| make("nobody has this password").ok());

/// What is wrong with a new password, as the rest of a sentence; `None` if nothing is. Any characters will do.
pub fn wrong(password: &str) -> Option<String> {
    let length = password.chars().count();
    (!(MIN_LENGTH..=MAX_LENGTH).contains(&length)).then(|| format!("must have {MIN_LENGTH} to {MAX_LENGTH} characters"))
}

fn make(password: &str) -> Result<String> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| Error::internal(anyhow::anyhow!("argon2: {e}")))?;
    Ok(hash.to_string())
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let _place = PLACES.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

/// The hash of a password.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    apart(move || make(&password)).await?
}

/// Whether a password is the one of a hash. Without a hash it takes as long and is wrong.
pub async fn verify(password: &str, hash: Option<String>) -> Result<bool> {
    let password = password.to_owned();
    apart(move || {
        let known = hash.is_some();
        let text = hash.or_else(|| NOBODY.clone()).unwrap_or_default();
        let right = PasswordHash::new(&text).is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok());
        known && right
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() -> Result<()> {
        let hash = hash("correct horse battery").await?;
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse battery", Some(hash.clone())).await?);
        assert!(!verify("correct horse batterz", Some(hash)).await?);
        assert!(!verify("nobody has this password", None).await?);
        Ok(())
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(wrong("ääääääääääää").is_none());
        assert!(wrong("short").is_some());
        assert!(wrong(&"x".repeat(201)).is_some());
    }
}
