//! The log of a SQLite file, into which everything is written first.
//!
//! SQLite begins it anew when all of it is in the file and nobody reads from it at that moment. Where readers follow one another, and each keeps its transaction for a while
//! ([`super::readers`]), no such moment comes, and the log becomes longer for as long as that goes on. So where it has become long, new reads wait for a moment.

use super::readers::Readers;
use sqlx::{Error, SqlitePool};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many bytes are long.
const LONG: u64 = 64 << 20;

/// How soon it is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Waits for other programs that read the file no longer than a moment; see [`super::open`] for how long a writer waits otherwise.
const BEGIN_ANEW: &str = "PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 10000";

/// The log of one file.
pub(super) struct Log {
    file: PathBuf,
    long: u64,
    tried: Mutex<Option<Instant>>,
}

impl Log {
    /// Of a database file.
    pub(super) fn of(database: &Path) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        Self {
            file: file.into(),
            long: LONG,
            tried: Mutex::default(),
        }
    }

    /// Begins the log anew if it has become long; for a writer before it begins.
    pub(super) async fn shorten(&self, readers: &Readers, writer: &SqlitePool) -> Result<(), Error> {
        let length = fs::metadata(&self.file).map_or(0, |file| file.len());
        if length < self.long || !self.is_due() {
            return Ok(());
        }
        let anew = async || sqlx::raw_sql(BEGIN_ANEW).execute(writer).await.map(|_| ());
        let is_anew = readers.paused(anew).await?;
        tracing::debug!(length, is_anew, "the log of the file was long");
        Ok(())
    }

    fn is_due(&self) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = tried.is_none_or(|then| then.elapsed() >= AGAIN);
        if is_due {
            *tried = Some(Instant::now());
        }
        is_due
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a writer of the test's own file")]
mod tests {
    use super::*;
    use sqlx::{
        AssertSqlSafe, SqliteConnection,
        pool::PoolOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode},
    };
    use tokio_util::task::AbortOnDropHandle;

    /// How long the log of a file is after half a second in which somebody always reads and somebody writes.
    async fn length(long: u64) -> anyhow::Result<u64> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("file.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let writer = PoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::raw_sql("CREATE TABLE line (n blob)").execute(&writer).await?;
        let readers = Readers::new(options, 4);
        let log = Log { long, ..Log::of(&file) };
        let reading = (0..3).map(|_| {
            let readers = readers.clone();
            AbortOnDropHandle::new(tokio::spawn(async move {
                loop {
                    let ask =
                        async |connection: &mut SqliteConnection, sql: String| sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await;
                    readers.reader().await?.ask("SELECT count(*) FROM line".into(), ask).await?;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                #[expect(unreachable_code, reason = "says the type of the error")]
                Ok::<(), Error>(())
            }))
        });
        let reading: Vec<_> = reading.collect();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(500) {
            log.shorten(&readers, &writer).await?;
            sqlx::raw_sql("INSERT INTO line VALUES (zeroblob(100000))").execute(&writer).await?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        anyhow::ensure!(reading.iter().all(|one| !one.is_finished()), "a reader has failed");
        Ok(fs::metadata(&log.file)?.len())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_log_that_is_always_read_is_begun_anew() -> anyhow::Result<()> {
        let (without, with) = (length(u64::MAX).await?, length(8 << 20).await?);
        anyhow::ensure!(without > 10 << 20, "only {without} bytes: nobody needs to begin it anew");
        anyhow::ensure!(with < without / 2, "{with} of {without}");
        Ok(())
    }
}
