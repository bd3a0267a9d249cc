//! The database of an instance: one SQLite file, made and brought up to date at each start.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::Utc;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// The steps that make the schema, in order. A step that was released is never changed: a new one follows it. Times are
/// microseconds since 1970, in UTC.
const STEPS: &[&str] = &["
    CREATE TABLE admin (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        email TEXT NOT NULL COLLATE NOCASE,
        password_hash TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE session (
        key_hash BLOB PRIMARY KEY,
        admin_id INTEGER NOT NULL REFERENCES admin (id) ON DELETE CASCADE,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE subscriber (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL COLLATE NOCASE,
        email TEXT NOT NULL COLLATE NOCASE UNIQUE,
        service TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX subscriber_by_name ON subscriber (name, id);
"];

/// Opens `isp.db` in this folder and brings its schema up to date.
#[expect(clippy::disallowed_methods, reason = "an instance has a database of its own")]
pub(super) async fn open(data: &Path) -> anyhow::Result<SqlitePool> {
    std::fs::create_dir_all(data).with_context(|| format!("The folder {} cannot be made", data.display()))?;
    let options = SqliteConnectOptions::new()
        .filename(data.join("isp.db"))
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A subscriber whose adding was confirmed is still there after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(5))
        .connect_with(options)
        .await?;
    update(&pool).await?;
    Ok(pool)
}

async fn update(pool: &SqlitePool) -> anyhow::Result<()> {
    let mut change = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS schema_step (number INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT")
        .execute(&mut *change)
        .await?;
    let done: i64 = sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM schema_step")
        .fetch_one(&mut *change)
        .await?;
    let done = usize::try_from(done)?;
    if done > STEPS.len() {
        bail!(
            "It was written by a newer version of this program (schema {done}, this version knows {}).",
            STEPS.len()
        );
    }
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        sqlx::raw_sql(*step).execute(&mut *change).await?;
        sqlx::query("INSERT INTO schema_step (number, applied_at) VALUES (?, ?)")
            .bind(i64::try_from(index + 1)?)
            .bind(Utc::now().timestamp_micros())
            .execute(&mut *change)
            .await?;
    }
    change.commit().await?;
    Ok(())
}

/// Whether the database answers.
pub(super) async fn answers(pool: &SqlitePool) -> bool {
    let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM schema_step").fetch_one(pool);
    matches!(tokio::time::timeout(Duration::from_secs(2), query).await, Ok(Ok(1..)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_made_once_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let pool = open(&dir.path().join("data")).await.unwrap();
            assert!(answers(&pool).await);
            let steps: i64 = sqlx::query_scalar("SELECT count(*) FROM schema_step")
                .fetch_one(&pool)
                .await
                .unwrap();
            assert_eq!(usize::try_from(steps).unwrap(), STEPS.len());
            pool.close().await;
            assert!(!answers(&pool).await);
        }
    }

    #[tokio::test]
    async fn a_newer_database_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let pool = open(dir.path()).await.unwrap();
        sqlx::query("INSERT INTO schema_step VALUES (99, 0)").execute(&pool).await.unwrap();
        pool.close().await;
        let error = open(dir.path()).await.unwrap_err().to_string();
        assert!(error.contains("newer version"), "{error}");
    }
}
