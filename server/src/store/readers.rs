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

/// How long new reads wait for those that are at work, where nobody shall read for a moment. Who has one and waits for another waits in vain until then.
const PAUSE: Duration = Duration::from_millis(200);

/// After how many steps of a statement it is looked whether somebody still waits for it: some tenths of a millisecond.
const STEPS: i32 = 10_000;

/// A bounded number of connections that only read.
#[derive(Clone)]
pub(super) struct Readers(Arc<Shared>);

struct Shared {
    options: SqliteConnectOptions,
    permits: Arc<Semaphore>,
    count: u32,
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
    pub(super) fn new(options: SqliteConnectOptions, count: u32) -> Self {
        Self(Arc::new(Shared {
            options: options.pragma("query_only", "on"),
            permits: Arc::new(Semaphore::new(count as usize)),
            count,
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

    /// Does something while nobody reads, if the reads that are at work come to their end in a moment; whether it was done, and with success.
    pub(super) async fn paused(&self, work: impl AsyncFnOnce() -> Result<bool, Error>) -> Result<bool, Error> {
        let all = self.0.permits.acquire_many(self.0.count);
        let Ok(Ok(_all)) = timeout(PAUSE, all).await else {
            return Ok(false);
        };
        let connections = mem::take(&mut self.idle().connections);
        for mut connected in connections {
            if connected.left.is_none() || sqlx::raw_sql("ROLLBACK").execute(&mut connected.connection).await.is_ok() {
                self.take_back(Connected { left: None, ..connected });
            }
        }
        work().await
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
mod tests;
