//! Connections: pools, transactions, and the one place where a transaction learns its scope.

#![expect(clippy::disallowed_methods, reason = "the database is opened here and nowhere else")]

use super::{
    Owner,
    readers::{Reader, Readers},
    seal::Sealer,
};
use crate::{
    clock::{Clock, Time},
    error::{Error, Result},
    id::Id,
};
use chrono::Utc;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector,
    Statement,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Executor, Postgres, Sqlite, Transaction,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgPool},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous},
};
use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};
use tokio::sync::{Mutex, watch};

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Setup {
    /// A file on this machine, for one server process.
    Sqlite(PathBuf),
    /// A PostgreSQL database, for any number of server processes: its URL and how many connections this process may hold.
    Postgres(String, u32),
}

/// A database, its clocks and its seals. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    clock: Clock,
    sealer: Sealer,
    /// Rings when this process has committed an event.
    bell: watch::Sender<()>,
}

enum Pools {
    Sqlite { write: SqlitePool, read: Readers },
    Postgres(PgPool),
}

/// For how long a transaction on PostgreSQL may wait for this process, which never takes so long while it works.
const MAX_IDLE: &str = "60s";

/// Readers of a SQLite file; more than cores help nobody.
const SQLITE_READERS: usize = 8;

impl Store {
    /// Opens the database and brings its tables up to date.
    pub async fn connect(setup: &Setup, clock: Clock, sealer: Sealer) -> Result<Self> {
        let pools = Pools::open(setup).await?;
        tenantry_migration::up(&pools.migrator()).await?;
        let store = Self(Arc::new(Inner {
            pools,
            clock,
            sealer,
            bell: watch::Sender::new(()),
        }));
        store.set_clock().await?;
        Ok(store)
    }

    /// The clocks.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// What seals page tokens and secrets at rest.
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.begin_read(&Owner::Platform).await?.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Sets the operational clock by the database's, which all servers share. On SQLite there is only one.
    pub async fn set_clock(&self) -> Result<()> {
        if let Pools::Postgres(pool) = &self.0.pools {
            let asked = Utc::now();
            let database: Time = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(pool).await?;
            self.0.clock.follow_database(database, (asked, Utc::now()));
        }
        Ok(())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.0.pools.close().await;
    }

    pub(super) fn backend(&self) -> DbBackend {
        match self.0.pools {
            Pools::Sqlite { .. } => DbBackend::Sqlite,
            Pools::Postgres(_) => DbBackend::Postgres,
        }
    }

    pub(super) fn ring(&self) {
        self.0.bell.send_replace(());
    }

    /// Rings when this process has committed a change that others may wait for.
    pub fn bell(&self) -> watch::Receiver<()> {
        self.0.bell.subscribe()
    }

    /// One state of the database to read from.
    pub(super) async fn begin_read(&self, owner: &Owner) -> Result<Conn> {
        Ok(match &self.0.pools {
            Pools::Sqlite { read, .. } => Conn::Reader(Mutex::new(read.reader().await?)),
            Pools::Postgres(pool) => {
                let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}", scope_setting(owner));
                begin_postgres(pool, begin).await?
            }
        })
    }

    /// A transaction to write in. SQLite has one writer at a time, which waits here and not in the middle.
    pub(super) async fn begin_write(&self, owner: &Owner) -> Result<Conn> {
        Ok(match &self.0.pools {
            Pools::Sqlite { write, .. } => Conn::Sqlite(Mutex::new(write.begin_with("BEGIN IMMEDIATE").await?)),
            Pools::Postgres(pool) => {
                let begin = format!("BEGIN; {}", scope_setting(owner));
                begin_postgres(pool, begin).await?
            }
        })
    }
}

impl Pools {
    async fn open(setup: &Setup) -> Result<Self> {
        match setup {
            Setup::Sqlite(file) => {
                if let Some(folder) = file.parent() {
                    std::fs::create_dir_all(folder).map_err(Error::internal)?;
                }
                // In WAL mode `synchronous = FULL` syncs the log at every commit: what was answered is on the disk. NORMAL is faster and
                // may lose the last commits when the machine loses power, which a system that bills must not.
                let options = SqliteConnectOptions::new()
                    .filename(file)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(10));
                let write = pool(1).connect_with(options.clone()).await?;
                let read = Readers::new(options, SQLITE_READERS);
                Ok(Self::Sqlite { write, read })
            }
            Setup::Postgres(url, size) => {
                // Of a process that stops in the middle of a transaction, nobody else shall wait for the locks.
                let options = PgConnectOptions::from_str(url)?.options([("idle_in_transaction_session_timeout", MAX_IDLE)]);
                Ok(Self::Postgres(pool(*size).connect_with(options).await?))
            }
        }
    }

    fn migrator(&self) -> DatabaseConnection {
        match self {
            Self::Sqlite { write, .. } => SqlxSqliteConnector::from_sqlx_sqlite_pool(write.clone()),
            Self::Postgres(pool) => SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
        }
    }

    async fn close(&self) {
        match self {
            Self::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

fn pool<DB: sqlx::Database>(size: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
}

/// Begins a transaction in a task of its own, which ends also where the caller gives up meanwhile: sqlx does not know of a transaction that was only half begun,
/// and would hand its connection on with it, so that the next caller would be in it, with its scope and in its state of the database.
async fn begin_postgres(pool: &PgPool, begin: String) -> Result<Conn> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(begin)).await });
    Ok(Conn::Postgres(Mutex::new(begun.await.map_err(Error::internal)??)))
}

/// Tells PostgreSQL whose rows the transaction may touch, in the same round trip as BEGIN. Only a constant or a parsed UUID is put into the text.
fn scope_setting(owner: &Owner) -> String {
    match owner {
        Owner::Platform => "SELECT set_config('app.platform', 'on', true)".into(),
        Owner::Tenant(id) => format!("SELECT set_config('app.tenant_id', '{}', true)", id.uuid()),
        Owner::Reseller(id) => format!("SELECT set_config('app.reseller_id', '{}', true)", id.uuid()),
    }
}

/// A transaction. Dropped without [`Conn::commit`] it is rolled back.
pub(super) enum Conn {
    Reader(Mutex<Reader>),
    Sqlite(Mutex<Transaction<'static, Sqlite>>),
    Postgres(Mutex<Transaction<'static, Postgres>>),
}

impl Conn {
    /// Lets the rest of the transaction touch all rows.
    pub(super) async fn widen(&self) -> Result<()> {
        if matches!(self, Self::Postgres(_)) {
            self.execute_unprepared(&scope_setting(&Owner::Platform)).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<()> {
        match self {
            Self::Reader(_) => {}
            Self::Sqlite(tx) => tx.into_inner().commit().await?,
            Self::Postgres(tx) => tx.into_inner().commit().await?,
        }
        Ok(())
    }

    pub(super) async fn rollback(self) -> Result<()> {
        match self {
            Self::Reader(_) => {}
            Self::Sqlite(tx) => tx.into_inner().rollback().await?,
            Self::Postgres(tx) => tx.into_inner().rollback().await?,
        }
        Ok(())
    }
}

fn db_err(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn bind<DB>(sql: String, values: Option<sea_orm::Values>) -> sqlx::query::Query<'static, DB, SqlxValues>
where
    DB: sqlx::Database,
    SqlxValues: for<'q> sqlx::IntoArguments<DB>,
{
    let values = SqlxValues(values.unwrap_or(sea_orm::Values(Vec::new())));
    sqlx::query_with(AssertSqlSafe(sql), values)
}

macro_rules! on {
    ($self:ident, $sql:expr, ($tx:ident, $text:ident) => $run:expr) => {
        match $self {
            Conn::Reader(reader) => reader.lock().await.ask($sql, async |$tx, $text| $run).await.map_err(db_err),
            Conn::Sqlite(tx) => {
                let ($tx, $text) = (&mut *tx.lock().await, $sql);
                $run.map_err(db_err)
            }
            Conn::Postgres(tx) => {
                let ($tx, $text) = (&mut *tx.lock().await, $sql);
                $run.map_err(db_err)
            }
        }
    };
}

#[async_trait::async_trait]
impl ConnectionTrait for Conn {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Reader(_) | Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, Statement { sql, values, .. }: Statement) -> Result<ExecResult, DbErr> {
        on!(self, sql, (tx, sql) => tx.execute(bind(sql, values)).await.map(Into::into))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        on!(self, sql.to_owned(), (tx, sql) => tx.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(Into::into))
    }

    async fn query_one_raw(&self, Statement { sql, values, .. }: Statement) -> Result<Option<QueryResult>, DbErr> {
        on!(self, sql, (tx, sql) => tx.fetch_optional(bind(sql, values)).await.map(|row| row.map(Into::into)))
    }

    async fn query_all_raw(&self, Statement { sql, values, .. }: Statement) -> Result<Vec<QueryResult>, DbErr> {
        on!(self, sql, (tx, sql) => tx.fetch_all(bind(sql, values)).await.map(|rows| rows.into_iter().map(Into::into).collect()))
    }
}

/// Brings the tables of a database up to date without a server.
pub async fn migrate(setup: &Setup) -> anyhow::Result<()> {
    Store::connect(setup, Clock::default(), Sealer::new(Vec::new()))
        .await?
        .close()
        .await;
    Ok(())
}

/// Which changes of the tables there are, and whether each was made.
pub async fn migrations(setup: &Setup) -> anyhow::Result<Vec<(String, bool)>> {
    let pools = Pools::open(setup).await?;
    let status = tenantry_migration::status(&pools.migrator()).await?;
    pools.close().await;
    Ok(status)
}
