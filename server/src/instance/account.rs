//! Who may sign in, and who is signed in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use sha2::{Digest, Sha256};
use sqlx::SqlitePool;
use tokio::sync::Mutex;

use super::password::Checker;

/// A session that nobody uses ends after this time.
const SESSION_IDLE: TimeDelta = TimeDelta::minutes(30);
/// A session in use ends after this time.
const SESSION_LONGEST: TimeDelta = TimeDelta::hours(12);
/// Wrong sign-ins in a row that cost no wait.
const FREE_FAILURES: u32 = 4;
/// The longest wait for the next sign-in.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Of how many e-mail addresses wrong sign-ins are remembered.
const ADDRESSES: u64 = 1000;

/// Makes the admin on the first start; an admin who is there already stays as they are.
pub(super) async fn seed(pool: &SqlitePool, email: &str, password_hash: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO admin (id, email, password_hash, created_at) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO NOTHING")
        .bind(email)
        .bind(password_hash)
        .bind(now.timestamp_micros())
        .execute(pool)
        .await?;
    Ok(())
}

/// What came of a sign-in.
pub(super) enum Outcome {
    /// The key of the new session.
    SignedIn(String),
    /// Wrong email address or password; which one is nobody's business.
    Wrong,
    /// Too many wrong ones: not looked at before this time has passed.
    Wait(Duration),
}

/// Signing in, one at a time, so that guessing neither takes memory nor gets quicker by many connections.
#[derive(Default)]
pub(super) struct SignIn {
    door: Arc<Mutex<Door>>,
}

struct Door {
    /// Of each e-mail address that was tried, known or not: wrong ones for one keep nobody with another out.
    failures: Cache<[u8; 32], Failures>,
    checker: Checker,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            failures: Cache::builder().max_capacity(ADDRESSES).time_to_idle(LONGEST_WAIT * 60).build(),
            checker: Checker::default(),
        }
    }
}

impl SignIn {
    pub(super) async fn attempt(&self, pool: &SqlitePool, email: &str, password: String) -> anyhow::Result<Outcome> {
        let mut door = Arc::clone(&self.door).lock_owned().await;
        let address: [u8; 32] = Sha256::digest(email.trim().to_lowercase()).into();
        let mut failures = door.failures.get(&address).unwrap_or_default();
        if let Some(wait) = failures.wait(Instant::now()) {
            return Ok(Outcome::Wait(wait));
        }
        let (known, hash): (bool, String) = sqlx::query_as("SELECT email = trim(?), password_hash FROM admin WHERE id = 1")
            .bind(email)
            .fetch_one(pool)
            .await?;
        let right = tokio::task::spawn_blocking(move || {
            // An unknown address is checked like a known one, so that both take the same time. Failures are counted
            // before the door opens again, also for a client that has gone away.
            let right = door.checker.matches(&password, &hash)? && known;
            if right {
                door.failures.invalidate(&address);
            } else {
                failures.add(Instant::now());
                door.failures.insert(address, failures);
            }
            anyhow::Ok(right)
        });
        if right.await?? {
            Ok(Outcome::SignedIn(open_session(pool, Utc::now()).await?))
        } else {
            Ok(Outcome::Wrong)
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Failures {
    count: u32,
    open_at: Option<Instant>,
}

impl Failures {
    fn wait(&self, now: Instant) -> Option<Duration> {
        self.open_at
            .map(|open_at| open_at.saturating_duration_since(now))
            .filter(|wait| !wait.is_zero())
    }

    /// The wait doubles with each further failure.
    fn add(&mut self, now: Instant) {
        self.count = self.count.saturating_add(1);
        if let Some(doublings) = self.count.checked_sub(FREE_FAILURES + 1) {
            let seconds = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
            self.open_at = Some(now + Duration::from_secs(seconds).min(LONGEST_WAIT));
        }
    }
}

/// A new secret: 256 random bits as hexadecimal digits.
pub(super) fn new_key() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow::anyhow!("{error}"))
        .context("No random numbers")?;
    Ok(hex(&bytes))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Only the hash of a key is stored, so that a copy of the database signs nobody in.
fn key_hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

async fn open_session(pool: &SqlitePool, now: DateTime<Utc>) -> anyhow::Result<String> {
    let key = new_key()?;
    let mut change = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("DELETE FROM session WHERE expires_at <= ?")
        .bind(now.timestamp_micros())
        .execute(&mut *change)
        .await?;
    sqlx::query("INSERT INTO session (key_hash, admin_id, created_at, expires_at) VALUES (?, 1, ?, ?)")
        .bind(key_hash(&key))
        .bind(now.timestamp_micros())
        .bind((now + SESSION_IDLE).timestamp_micros())
        .execute(&mut *change)
        .await?;
    change.commit().await?;
    Ok(key)
}

/// The email address of whoever is signed in with this key. Using a session keeps it open.
pub(super) async fn session(pool: &SqlitePool, key: &str, now: DateTime<Utc>) -> sqlx::Result<Option<String>> {
    let row: Option<(String, i64, i64)> = sqlx::query_as(
        "SELECT admin.email, session.created_at, session.expires_at FROM session JOIN admin ON admin.id = session.admin_id
         WHERE session.key_hash = ? AND session.expires_at > ?",
    )
    .bind(key_hash(key))
    .bind(now.timestamp_micros())
    .fetch_optional(pool)
    .await?;
    let Some((email, created_at, expires_at)) = row else {
        return Ok(None);
    };
    let longest = created_at + SESSION_LONGEST.num_microseconds().unwrap_or_default();
    let next = (now + SESSION_IDLE).timestamp_micros().min(longest);
    // Not at every request: a write costs more than a minute of exactness is worth.
    if next - expires_at > TimeDelta::minutes(1).num_microseconds().unwrap_or_default() {
        sqlx::query("UPDATE session SET expires_at = ? WHERE key_hash = ?")
            .bind(next)
            .bind(key_hash(key))
            .execute(pool)
            .await?;
    }
    Ok(Some(email))
}

/// Ends a session.
pub(super) async fn close_session(pool: &SqlitePool, key: &str) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM session WHERE key_hash = ?")
        .bind(key_hash(key))
        .execute(pool)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::schema;
    use argon2::password_hash::PasswordHasher;
    use argon2::{Argon2, Params};

    fn hash(password: &str) -> String {
        let params = Params::new(8, 1, 1, None).unwrap();
        let argon2 = Argon2::from(params);
        argon2.hash_password(password.as_bytes()).unwrap().to_string()
    }

    async fn seeded() -> (tempfile::TempDir, SqlitePool) {
        let dir = tempfile::tempdir().unwrap();
        let pool = schema::open(dir.path()).await.unwrap();
        seed(&pool, "admin@isp.example", &hash("right"), Utc::now()).await.unwrap();
        (dir, pool)
    }

    async fn sign_in(pool: &SqlitePool, sign_in: &SignIn, email: &str, password: &str) -> Outcome {
        sign_in.attempt(pool, email, password.to_owned()).await.unwrap()
    }

    #[tokio::test]
    async fn the_first_admin_stays() {
        let (_dir, pool) = seeded().await;
        seed(&pool, "other@isp.example", &hash("other"), Utc::now()).await.unwrap();
        let door = SignIn::default();
        assert!(matches!(sign_in(&pool, &door, "other@isp.example", "other").await, Outcome::Wrong));
        assert!(matches!(
            sign_in(&pool, &door, " ADMIN@isp.example ", "right").await,
            Outcome::SignedIn(_)
        ));
    }

    #[tokio::test]
    async fn guessing_is_slowed_down_and_a_right_one_ends_that() {
        let (_dir, pool) = seeded().await;
        let door = SignIn::default();
        for _ in 0..FREE_FAILURES {
            assert!(matches!(sign_in(&pool, &door, "admin@isp.example", "wrong").await, Outcome::Wrong));
        }
        for _ in 0..=FREE_FAILURES {
            assert!(matches!(sign_in(&pool, &door, "nobody@isp.example", "right").await, Outcome::Wrong));
        }
        assert!(matches!(
            sign_in(&pool, &door, " Nobody@isp.example", "right").await,
            Outcome::Wait(_)
        ));
        // That keeps nobody else out, and a wrong one more is one too many for the admin too.
        assert!(matches!(sign_in(&pool, &door, "admin@isp.example", "wrong").await, Outcome::Wrong));
        assert!(matches!(
            sign_in(&pool, &door, "admin@isp.example", "right").await,
            Outcome::Wait(_)
        ));
        tokio::time::sleep(Duration::from_millis(1050)).await;
        assert!(matches!(
            sign_in(&pool, &door, "admin@isp.example", "right").await,
            Outcome::SignedIn(_)
        ));
        assert!(matches!(sign_in(&pool, &door, "admin@isp.example", "wrong").await, Outcome::Wrong));
    }

    #[test]
    fn the_wait_doubles_up_to_a_minute() {
        let now = Instant::now();
        let mut failures = Failures::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            failures.add(now);
            waits.push(failures.wait(now).unwrap_or_default().as_secs());
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(failures.wait(now + LONGEST_WAIT), None);
    }

    #[tokio::test]
    async fn a_session_lives_while_it_is_used_and_its_key_is_not_stored() {
        let (_dir, pool) = seeded().await;
        let start = Utc::now();
        let key = open_session(&pool, start).await.unwrap();
        assert_eq!(key.len(), 64);
        assert_eq!(session(&pool, &new_key().unwrap(), start).await.unwrap(), None);
        for minutes in (20..720).step_by(20) {
            let used = session(&pool, &key, start + TimeDelta::minutes(minutes)).await.unwrap();
            assert_eq!(used.as_deref(), Some("admin@isp.example"), "{minutes}");
        }
        assert_eq!(session(&pool, &key, start + SESSION_LONGEST).await.unwrap(), None);
        let key = open_session(&pool, start).await.unwrap();
        assert_eq!(session(&pool, &key, start + SESSION_IDLE).await.unwrap(), None);
        assert!(session(&pool, &key, start).await.unwrap().is_some());
        close_session(&pool, &key).await.unwrap();
        assert_eq!(session(&pool, &key, start).await.unwrap(), None);
    }
}
