//! Opening a database.

#![expect(clippy::disallowed_methods, reason = "the database is opened here and nowhere else")]

use super::{log::Log, readers::Readers, role};
use anyhow::{Context, Result, bail};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, SqlxPostgresConnector,
    SqlxSqliteConnector, TransactionTrait,
};
use sqlx::{
    Connection, PgConnection,
    pool::PoolOptions,
    postgres::{PgConnectOptions, PgPool},
    query_scalar,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous},
};
use std::{path::Path, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

/// Where the data is.
#[derive(Clone, Debug)]
pub enum Setup {
    /// A file on this machine, for one server process.
    Sqlite(PathBuf),
    /// A PostgreSQL database, for any number of server processes.
    Postgres(Postgres),
}

/// A PostgreSQL database.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// Its URL, for the role as which the server works.
    pub url: String,
    /// Its URL for a role that owns the tables, if this process may change them.
    pub owner_url: Option<String>,
    /// How many connections this process may hold.
    pub connections: u32,
}

/// The connections of this process.
pub(super) enum Pools {
    Sqlite {
        write: SqlitePool,
        read: Readers,
        log: Arc<Log>,
    },
    Postgres {
        pool: PgPool,
        /// Whether statements get names, by which a connection knows them again: not where a pooler gives each transaction another connection, which
        /// `statement-cache-capacity=0` in the URL says.
        named: bool,
    },
}

/// Readers of a SQLite file; more than cores help nobody.
const SQLITE_READERS: u32 = 8;

/// What a server says that may not change the tables.
const BEHIND: &str = "the tables are not up to date: run `tenantry migrate up` with the setting database_owner_url";

impl Pools {
    /// Opens a database whose tables are up to date, or brings them up to date where this process may.
    pub(super) async fn open(setup: &Setup) -> Result<Self> {
        match setup {
            Setup::Sqlite(file) => {
                let options = sqlite(file)?;
                let write = pool(1).connect_with(options.clone()).await?;
                tenantry_migration::up(&SqlxSqliteConnector::from_sqlx_sqlite_pool(write.clone())).await?;
                let log = Arc::new(Log::of(&options));
                let read = Readers::new(options, SQLITE_READERS);
                Ok(Self::Sqlite { write, read, log })
            }
            Setup::Postgres(database) => {
                if database.owner_url.is_some() {
                    migrate(setup).await?;
                }
                let options = PgConnectOptions::from_str(&database.url)?;
                let pool = pool(database.connections).connect_with(options).await?;
                role::check(&pool).await?;
                let made: Vec<String> = query_scalar("SELECT version FROM seaql_migrations")
                    .persistent(false)
                    .fetch_all(&pool)
                    .await
                    .context(BEHIND)?;
                if tenantry_migration::names().iter().any(|name| !made.contains(name)) {
                    bail!(BEHIND);
                }
                let named = !database.url.contains("statement-cache-capacity=0");
                Ok(Self::Postgres { pool, named })
            }
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { write, read, .. } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

fn sqlite(file: &Path) -> Result<SqliteConnectOptions> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // In WAL mode `synchronous = FULL` syncs the log at every commit: what was answered is on the disk. NORMAL is faster and
    // may lose the last commits when the machine loses power, which a system that bills must not.
    Ok(SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10)))
}

fn pool<DB: sqlx::Database>(size: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false)
}

/// A connection that may change tables.
async fn owner(setup: &Setup) -> Result<DatabaseConnection> {
    match setup {
        Setup::Sqlite(file) => {
            let pool = pool(1).connect_with(sqlite(file)?).await?;
            Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
        }
        Setup::Postgres(database) => {
            let url = database.owner_url.as_deref().context(
                "the setting database_owner_url is missing: a URL of the database for a role that may change its tables, which the role of database_url must not",
            )?;
            let pool = pool(1).connect_with(PgConnectOptions::from_str(url)?).await?;
            Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
        }
    }
}

/// A connection to read from as whoever the URL is of, whether that is the server's role or the owner of the tables.
pub(super) async fn reader(setup: &Setup) -> Result<DatabaseConnection> {
    match setup {
        Setup::Sqlite(file) => {
            let options = SqliteConnectOptions::new().filename(file).read_only(true);
            let pool = pool(1).connect_with(options).await;
            let pool = pool.with_context(|| format!("cannot open the database {}", file.display()))?;
            Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
        }
        Setup::Postgres(database) => {
            let pool = pool(1).connect_with(PgConnectOptions::from_str(&database.url)?).await?;
            Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
        }
    }
}

/// One state of the database with all rows in it.
pub(super) async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(db.begin().await?);
    }
    let tx = db
        .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
        .await?;
    tx.execute_unprepared("SELECT set_config('app.platform', 'on', true)").await?;
    Ok(tx)
}

/// Brings the tables up to date, and on PostgreSQL the role as which the server works.
pub async fn migrate(setup: &Setup) -> Result<()> {
    let db = owner(setup).await?;
    tenantry_migration::up(&db).await?;
    db.close().await?;
    if let Setup::Postgres(Postgres {
        url,
        owner_url: Some(owner_url),
        ..
    }) = setup
    {
        let mut owner = PgConnection::connect(owner_url).await?;
        role::prepare(&mut owner, url).await?;
        owner.close().await?;
    }
    Ok(())
}

/// Which changes of the tables there are, and whether each was made.
pub async fn migrations(setup: &Setup) -> Result<Vec<(String, bool)>> {
    let db = owner(setup).await?;
    let status = tenantry_migration::status(&db).await?;
    db.close().await?;
    Ok(status)
}
