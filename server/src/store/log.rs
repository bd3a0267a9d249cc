//! The log of a SQLite file, into which everything is written first.
//!
//! SQLite begins it anew when all of it is in the file and nobody reads from it at that moment. Where readers follow one another, and each keeps its transaction for a while
//! ([`super::readers`]), no such moment comes, and the log becomes longer for as long as that goes on. So where it has become long, new reads wait for a moment.

use super::readers::Readers;
use sqlx::{ConnectOptions, Connection, Error, SqlitePool, sqlite::SqliteConnectOptions};
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many bytes are long.
const LONG: u64 = 64 << 20;

/// How soon it is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// How long other programs that read the file are waited for, while nobody here reads or writes.
const OTHERS: Duration = Duration::from_millis(100);

/// The log of one file.
pub(super) struct Log {
    file: PathBuf,
    options: SqliteConnectOptions,
    long: u64,
    tried: Mutex<Option<Instant>>,
}

impl Log {
    /// Of the database file that is opened so.
    pub(super) fn of(options: &SqliteConnectOptions) -> Self {
        let mut file = options.get_filename().as_os_str().to_owned();
        file.push("-wal");
        Self {
            file: file.into(),
            options: options.clone().busy_timeout(OTHERS),
            long: LONG,
            tried: Mutex::default(),
        }
    }

    /// Begins the log anew if it has become long; for a writer before it begins.
    pub(super) async fn shorten(self: &Arc<Self>, readers: &Readers, writer: &SqlitePool) {
        let length = fs::metadata(&self.file).map_or(0, |file| file.len());
        if length < self.long || !self.is_due() {
            return;
        }
        // In a task of its own: whoever gives up meanwhile neither leaves it undone nor lets others in while SQLite is still at it.
        let (log, readers, writer) = (self.clone(), readers.clone(), writer.clone());
        let begun = tokio::spawn(async move {
            // First the place of the one writer: nobody who is in the middle of writing waits for a reader then.
            let _turn = writer.acquire().await?;
            readers.paused(async || log.begin_anew().await).await
        });
        match begun.await {
            Ok(Ok(is_anew)) => tracing::info!(length, is_anew, "the log of the database file has become long"),
            fault => tracing::warn!(
                length,
                ?fault,
                "the log of the database file has become long and cannot be begun anew"
            ),
        }
    }

    async fn begin_anew(&self) -> Result<bool, Error> {
        let mut connection = self.options.connect().await?;
        let (busy, ..): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(busy == 0)
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
    use sqlx::{AssertSqlSafe, SqliteConnection, pool::PoolOptions, sqlite::SqliteJournalMode};
    use tokio_util::task::AbortOnDropHandle;

    /// So many times 100 KB are written.
    const LINES: usize = 300;

    /// How long the log of a file is after that, while somebody always reads.
    async fn length(long: u64) -> anyhow::Result<u64> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("file.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let writer = PoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::raw_sql("CREATE TABLE line (n blob)").execute(&writer).await?;
        let log = Arc::new(Log { long, ..Log::of(&options) });
        let readers = Readers::new(options, 4);
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
        for _ in 0..LINES {
            log.shorten(&readers, &writer).await;
            sqlx::raw_sql("INSERT INTO line VALUES (zeroblob(100000))").execute(&writer).await?;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        anyhow::ensure!(reading.iter().all(|one| !one.is_finished()), "a reader has failed");
        Ok(fs::metadata(&log.file)?.len())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_log_that_is_always_read_is_begun_anew() -> anyhow::Result<()> {
        let without = length(u64::MAX).await?;
        anyhow::ensure!(without > 20 << 20, "only {without} bytes: nobody needs to begin it anew");
        let mut with = Vec::new();
        // A reader may take its time.
        for _ in 0..3 {
            with.push(length(15 << 20).await?);
            if with.last().is_some_and(|length| *length < 18 << 20) {
                return Ok(());
            }
        }
        anyhow::bail!("{with:?} of {without}")
    }
}
