//! The readers of a SQLite file.
//!
//! Each connection has a thread, and to ask it something takes two changes of threads, which cost more than most answers. So the transaction of a read begins in
//! the same question as its first statement, and ends in that of the next read on the connection; a pool of sqlx would ask four times. Where no next one comes,
//! the transaction ends after [`REST`], so that the log of the file can be cleaned up.

use sqlx::{ConnectOptions, Connection, Error, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long a connection that nobody uses keeps the transaction of its last read.
const REST: Duration = Duration::from_millis(20);

/// How long a read waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// After how many steps of a statement it is looked whether somebody still waits for it: some tenths of a millisecond.
const STEPS: i32 = 10_000;

/// A bounded number of connections that only read.
#[derive(Clone)]
pub(super) struct Readers(Arc<Shared>);

struct Shared {
    options: SqliteConnectOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Idle>,
}

/// Connections that nobody uses; the one that was used last is the last.
#[derive(Default)]
struct Idle {
    connections: Vec<Connected>,
    /// Whether somebody will come to end their transactions.
    awaited: bool,
    closed: bool,
}

struct Connected {
    connection: SqliteConnection,
    given_up: CancellationToken,
    /// When its transaction was left; `None` without one.
    left: Option<Instant>,
}

/// Opens a connection. Its thread ends what it is at when it is given up, because the caller hung up or has no more time: so it is not at work for nobody while another
/// takes its place.
async fn open(options: &SqliteConnectOptions) -> Result<(SqliteConnection, CancellationToken), Error> {
    let mut connection = options.connect().await?;
    let given_up = CancellationToken::new();
    let looked_at = given_up.clone();
    connection
        .lock_handle()
        .await?
        .set_progress_handler(STEPS, move || !looked_at.is_cancelled());
    Ok((connection, given_up))
}

impl Readers {
    /// At most so many, opened when they are first needed.
    pub(super) fn new(options: SqliteConnectOptions, count: usize) -> Self {
        Self(Arc::new(Shared {
            options: options.pragma("query_only", "on"),
            permits: Arc::new(Semaphore::new(count)),
            idle: Mutex::default(),
        }))
    }

    /// A connection for one read.
    pub(super) async fn reader(&self) -> Result<Reader, Error> {
        let permit = timeout(PATIENCE, self.0.permits.clone().acquire_owned()).await;
        let permit = permit.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let idle = self.idle().connections.pop();
        let stands = match &idle {
            Some(Connected { left: Some(_), .. }) => Stands::AtAnother,
            _ => Stands::Before,
        };
        let (connection, given_up) = match idle {
            Some(idle) => (idle.connection, idle.given_up),
            None => open(&self.0.options).await?,
        };
        Ok(Reader {
            connection: Some(connection),
            given_up,
            stands,
            home: self.clone(),
            _permit: permit,
        })
    }

    /// Ends all connections; those in use when they come back.
    pub(super) async fn close(&self) {
        self.0.permits.close();
        let connections = {
            let mut idle = self.idle();
            idle.closed = true;
            mem::take(&mut idle.connections)
        };
        for idle in connections {
            let _ = idle.connection.close().await;
        }
    }

    fn take_back(&self, connected: Connected) {
        let mut idle = self.idle();
        if idle.closed {
            return;
        }
        // Without a runtime the server is at its end.
        let Ok(runtime) = Handle::try_current() else { return };
        let stands = connected.left.is_some();
        idle.connections.push(connected);
        if stands && !mem::replace(&mut idle.awaited, true) {
            runtime.spawn(self.clone().end_those_left());
        }
    }

    /// Ends the transactions that nobody goes on from, until there are none. It takes a permit for each as everybody does: a read that found none of the connections
    /// idle would open one too many.
    async fn end_those_left(self) {
        loop {
            sleep(REST).await;
            while let Ok(_permit) = self.0.permits.acquire().await
                && let Some(mut connected) = self.rested()
            {
                // One that cannot even do that is not used again.
                if sqlx::raw_sql("ROLLBACK").execute(&mut connected.connection).await.is_ok() {
                    self.take_back(Connected { left: None, ..connected });
                }
            }
            let mut idle = self.idle();
            if idle.connections.iter().all(|one| one.left.is_none()) {
                idle.awaited = false;
                return;
            }
        }
    }

    /// A connection that has kept a transaction for long enough.
    fn rested(&self) -> Option<Connected> {
        let connections = &mut self.idle().connections;
        let rested = |one: &Connected| one.left.is_some_and(|left| left.elapsed() >= REST);
        let found = connections.iter().position(rested)?;
        Some(connections.remove(found))
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In which transaction a connection is.
#[derive(Clone, Copy, PartialEq)]
enum Stands {
    Before,
    AtAnother,
    AtOwn,
}

/// A connection, and the state of the database that it reads, which is that of its first statement.
pub(super) struct Reader {
    /// Not there while it answers: where nobody waits for the answer any more, it is not known what it did, and it is not used again.
    connection: Option<SqliteConnection>,
    given_up: CancellationToken,
    stands: Stands,
    home: Readers,
    _permit: OwnedSemaphorePermit,
}

impl Reader {
    /// Asks something; `ask` gets the statement to run.
    pub(super) async fn ask<T>(
        &mut self,
        sql: String,
        ask: impl AsyncFnOnce(&mut SqliteConnection, String) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = self.connection.take().ok_or(Error::WorkerCrashed)?;
        let sql = match self.stands {
            Stands::Before => format!("BEGIN; {sql}"),
            Stands::AtAnother => format!("ROLLBACK; BEGIN; {sql}"),
            Stands::AtOwn => sql,
        };
        let asking = self.given_up.clone().drop_guard();
        let answer = ask(&mut connection, sql).await?;
        asking.disarm();
        self.stands = Stands::AtOwn;
        self.connection = Some(connection);
        Ok(answer)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let left = (self.stands != Stands::Before).then(Instant::now);
            let given_up = self.given_up.clone();
            self.home.take_back(Connected {
                connection,
                given_up,
                left,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{AssertSqlSafe, sqlite::SqliteJournalMode};

    async fn count(reader: &mut Reader) -> Result<i64, Error> {
        let ask = async |connection: &mut SqliteConnection, sql: String| sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await;
        reader.ask("SELECT count(*) FROM line".into(), ask).await
    }

    /// Readers, and the writer whose lines they count.
    async fn file(folder: &std::path::Path, count: usize) -> Result<(Readers, SqliteConnection), Error> {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("file.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let mut writer = options.connect().await?;
        sqlx::raw_sql("CREATE TABLE line (n bigint)").execute(&mut writer).await?;
        Ok((Readers::new(options, count), writer))
    }

    async fn write(writer: &mut SqliteConnection) -> Result<(), Error> {
        sqlx::raw_sql("INSERT INTO line VALUES (1)").execute(writer).await.map(|_| ())
    }

    #[tokio::test]
    async fn a_reader_sees_one_state_and_the_next_one_what_is_new() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (readers, mut writer) = file(folder.path(), 1).await?;
        for lines in 0..3 {
            let mut reader = readers.reader().await?;
            assert_eq!(count(&mut reader).await?, lines);
            write(&mut writer).await?;
            assert_eq!(count(&mut reader).await?, lines, "the state has changed under the reader");
        }
        sleep(REST * 5).await;
        assert_eq!(count(&mut readers.reader().await?).await?, 3, "a rested connection reads");
        Ok(())
    }

    #[tokio::test]
    async fn what_was_given_up_or_failed_is_not_used_again() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (readers, mut writer) = file(folder.path(), 1).await?;
        for _ in 0..20 {
            let mut reader = readers.reader().await?;
            let given_up = timeout(Duration::ZERO, count(&mut reader)).await;
            assert_eq!(given_up.is_err(), reader.connection.is_none());
        }
        let mut reader = readers.reader().await?;
        let wrong = async |connection: &mut SqliteConnection, _| sqlx::raw_sql("SELECT nothing").execute(connection).await;
        assert!(reader.ask(String::new(), wrong).await.is_err() && count(&mut reader).await.is_err());
        drop(reader);
        write(&mut writer).await?;
        assert_eq!(count(&mut readers.reader().await?).await?, 1);
        Ok(())
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_ends() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (readers, mut writer) = file(folder.path(), 1).await?;
        write(&mut writer).await?;
        let mut reader = readers.reader().await?;
        let endless = "WITH RECURSIVE n(x) AS (SELECT 1 FROM line UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
        let ask = async |connection: &mut SqliteConnection, sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
        assert!(timeout(REST, reader.ask(endless.into(), ask)).await.is_err());
        drop(reader);
        let mut busy = 1;
        for _ in 0..100 {
            (busy, _, _) = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)")
                .fetch_one(&mut writer)
                .await?;
            if busy == 0 {
                break;
            }
            sleep(REST).await;
        }
        assert_eq!(busy, 0, "it is still at work");
        assert_eq!(count(&mut readers.reader().await?).await?, 1);
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn there_are_never_more_connections_than_asked_for() -> anyhow::Result<()> {
        const COUNT: usize = 4;
        let folder = tempfile::tempdir()?;
        let (readers, _writer) = file(folder.path(), COUNT).await?;
        for burst in 0..60_u32 {
            let read = async || count(&mut readers.reader().await?).await;
            futures::future::try_join_all((0..COUNT).map(|_| read())).await?;
            // So that some bursts come while the transactions of the one before are being ended.
            sleep(REST + Duration::from_micros(u64::from(burst % 30) * 100)).await;
        }
        sleep(REST * 5).await;
        let connections = readers.idle().connections.len();
        assert!(connections <= COUNT, "{connections} connections");
        Ok(())
    }

    #[tokio::test]
    async fn a_transaction_that_nobody_goes_on_from_ends() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let (readers, mut writer) = file(folder.path(), 2).await?;
        write(&mut writer).await?;
        count(&mut readers.reader().await?).await?;
        sleep(REST * 5).await;
        let (busy, ..): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut writer).await?;
        assert_eq!(busy, 0, "the log is still read");
        Ok(())
    }
}
