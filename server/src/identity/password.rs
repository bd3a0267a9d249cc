//! Passwords: Argon2id with the parameters of the crate's default (OWASP's: 19 MiB, 2 passes), few at a time, so that sign-ins cannot eat the memory.

use super::secret;
use crate::error::{Error, Result};
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use std::{num::NonZeroUsize, sync::LazyLock, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

/// The shortest password in characters.
pub const MIN_LENGTH: usize = 12;
/// The longest password in characters.
pub const MAX_LENGTH: usize = 200;

/// How many hashes are computed at once, each in memory of its own: one for each processor, and on a big machine not for all.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    Semaphore::new(processors.clamp(1, 16))
});

/// How many may wait for a place, and for how long. Who comes then is told at once to come again: an answer that takes longer is waited for by nobody.
static QUEUE: Semaphore = Semaphore::const_new(500);
const PATIENCE: Duration = Duration::from_secs(10);

/// What a sign-in with an unknown address is checked against, so that it takes as long as one with a known address. It is a hash of nothing.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCAuLg$c1SGrTqLbTmqTVd0qoR0Lw2tRE9vYkIgnTTZ8MpQ2hE";

/// What is wrong with a new password, as the rest of a sentence; `None` if nothing is. Any characters will do.
pub fn wrong(password: &str) -> Option<String> {
    let length = password.chars().count();
    (!(MIN_LENGTH..=MAX_LENGTH).contains(&length)).then(|| format!("must have {MIN_LENGTH} to {MAX_LENGTH} characters"))
}

fn make(password: &str) -> Result<String> {
    let failed = |error: password_hash::Error| Error::internal(anyhow::anyhow!("argon2: {error}"));
    let salt = Salt::new(&secret::random::<16>()?).map_err(|error| failed(error.into()))?;
    let params = Params::DEFAULT;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(failed)?,
        salt: Some(salt),
        hash: Some(compute(params, password, &salt).map_err(failed)?),
    };
    Ok(hash.to_string())
}

/// Whether a password is the one of a hash.
fn is_right(password: &str, hash: &str) -> password_hash::Result<bool> {
    let hash = PasswordHash::new(hash)?;
    let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else {
        return Ok(false);
    };
    let ours = hash.algorithm == Algorithm::Argon2id.ident() && hash.version == Some(Version::V0x13.into());
    // Compared in constant time.
    Ok(ours && compute(Params::try_from(&hash)?, password, &salt)? == expected)
}

/// The hash itself. The allocator keeps what it gets back where that is smaller than 32 MiB, and so 19 MiB for each of some twenty hashes; what is larger goes back
/// to the system at once. What is asked for here and not used is never there.
fn compute(params: Params, password: &str, salt: &[u8]) -> password_hash::Result<Output> {
    const LARGE: usize = 33 * 1024 * 1024 / size_of::<Block>();
    let mut blocks = Vec::with_capacity(params.block_count().max(LARGE));
    blocks.resize(params.block_count(), Block::default());
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        password.as_bytes(),
        salt,
        &mut output,
        &mut blocks,
    )?;
    Ok(Output::new(&output)?)
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let waiting = QUEUE.try_acquire().map_err(|_| busy())?;
    let place = timeout(PATIENCE, PLACES.acquire())
        .await
        .map_err(|_| busy())?
        .map_err(Error::internal)?;
    drop(waiting);
    // The place goes with the work: a caller who leaves does not end it, and its memory is still in use.
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

fn busy() -> Error {
    let message = "Too many people are signing in. Try again in a moment.".to_owned();
    Error::Exhausted("sign-ins at once".into(), message, Some(Duration::from_secs(2)))
}

/// The hash of a password.
pub async fn hash(password: &str) -> Result<String> {
    let password = password.to_owned();
    apart(move || make(&password)).await?
}

/// Whether a password is the one of a hash. Without a hash it takes as long and is wrong.
pub async fn verify(password: &str, hash: Option<String>) -> Result<bool> {
    // One that is longer than any can be is not worth the time that it takes to read.
    let (password, hash) = if password.chars().nth(MAX_LENGTH).is_some() {
        (String::new(), None)
    } else {
        (password.to_owned(), hash)
    };
    apart(move || {
        let text = hash.as_deref().unwrap_or(NOBODY);
        is_right(&password, text).is_ok_and(|right| right) && hash.is_some()
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn only_the_password_itself_is_right() -> Result<()> {
        let hash = hash("correct horse battery").await?;
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse battery", Some(hash.clone())).await?);
        assert!(!verify("correct horse batterz", Some(hash)).await?);
        assert!(!verify("correct horse battery", None).await?);
        Ok(())
    }

    #[test]
    fn nobody_takes_as_long_as_somebody() -> anyhow::Result<()> {
        let parts = |hash: &str| -> Vec<String> { hash.split('$').take(4).map(str::to_owned).collect() };
        let somebody = make("correct horse battery")?;
        assert_eq!(parts(NOBODY), parts(&somebody));
        assert_eq!(NOBODY.len(), somebody.len());
        assert!(PasswordHash::new(NOBODY).is_ok());
        Ok(())
    }

    /// A hash that nobody waits for any more still has its place until it is done.
    #[tokio::test]
    async fn who_leaves_makes_no_room() -> anyhow::Result<()> {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(30));
            RUNNING.fetch_sub(1, Ordering::SeqCst);
        };
        for _ in 0..40 {
            let _ = timeout(Duration::from_millis(2), apart(work)).await;
        }
        let places = std::thread::available_parallelism()?.get().clamp(1, 16);
        assert!((1..=places).contains(&MOST.load(Ordering::SeqCst)), "{MOST:?}");
        Ok(())
    }

    /// As hashes were written before, and by others.
    #[test]
    fn a_hash_of_before_is_still_one() -> anyhow::Result<()> {
        let before: PasswordHash =
            argon2::PasswordHasher::hash_password(&Argon2::default(), b"correct horse battery").map_err(|e| anyhow::anyhow!("{e}"))?;
        assert_eq!(is_right("correct horse battery", &before.to_string()), Ok(true));
        assert_eq!(is_right("correct horse batterz", &before.to_string()), Ok(false));
        assert_eq!(
            is_right("correct horse battery", &before.to_string().replace("argon2id", "argon2d")),
            Ok(false)
        );
        let ours = make("correct horse battery")?;
        let theirs = argon2::PasswordVerifier::verify_password(&Argon2::default(), b"correct horse battery", ours.as_str());
        assert!(theirs.is_ok());
        Ok(())
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(wrong("ääääääääääää").is_none());
        assert!(wrong("short").is_some());
        assert!(wrong(&"x".repeat(201)).is_some());
    }
}
