//! Connections: pools, transactions, and the one place where a transaction learns its scope.

use super::{
    Owner, Setup,
    event::Recent,
    faults::{Fault, Faults, lost},
    open::Pools,
    readers::Reader,
    seal::Sealer,
};
use crate::{
    clock::Clock,
    error::{Error, Result},
    id::Id,
};
use chrono::Utc;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Executor, Postgres, Row, Sqlite, Transaction, postgres::PgPool};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, watch};

/// A database, its clocks and its seals. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    pools: Pools,
    clock: Clock,
    sealer: Sealer,
    /// Rings when this process has committed an event.
    bell: watch::Sender<()>,
    recent: Recent,
    faults: Faults,
}

/// For how long a transaction on PostgreSQL may wait for this process, which never takes so long while it works: of one that stops in the middle, nobody else shall
/// wait for the locks.
const MAX_IDLE: &str = "set_config('idle_in_transaction_session_timeout', '60s', true)";

/// How long one statement on PostgreSQL may take where nobody says less.
const MAX_STATEMENT: Duration = Duration::from_secs(60);

/// After a deadline the call has its answer; only then PostgreSQL ends what it is still at.
const AFTERWARDS: Duration = Duration::from_millis(250);

tokio::task_local! {
    static UNTIL: Instant;
}

/// Does something that nobody waits for after a moment: PostgreSQL ends the statements that are still at work then, so that they hold no lock and no connection. On
/// SQLite a reader ends what it is at as soon as nobody waits for it ([`super::readers`]); who waits for the writer goes away from the queue.
pub async fn until<T>(moment: Instant, work: impl Future<Output = T>) -> T {
    UNTIL.scope(moment, work).await
}

/// How long a transaction that begins now may take over a statement, and over what it does in between.
fn limits() -> String {
    let left = UNTIL.try_with(|moment| moment.saturating_duration_since(Instant::now()) + AFTERWARDS);
    let most = left.unwrap_or(MAX_STATEMENT).min(MAX_STATEMENT).as_millis();
    format!("set_config('statement_timeout', '{most}', true), {MAX_IDLE}")
}

impl Store {
    /// Opens the database, with its tables up to date.
    pub async fn connect(setup: &Setup, clock: Clock, sealer: Sealer) -> anyhow::Result<Self> {
        let store = Self(Arc::new(Inner {
            pools: Pools::open(setup).await?,
            clock,
            sealer,
            bell: watch::Sender::new(()),
            recent: Recent::new(),
            faults: Faults::default(),
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

    /// How often the database fails, where a test wants it to.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.begin_read(&Owner::Platform).await?.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Sets the operational clock by the database's, which all servers share. On SQLite there is only one.
    pub async fn set_clock(&self) -> Result<()> {
        if let Pools::Postgres { pool, .. } = &self.0.pools {
            // What waits for a connection is not the way to the database.
            let mut conn = pool.acquire().await?;
            let asked = Utc::now();
            // In one message: outside of a transaction pgbouncer may give the next one to another connection, which knows of nothing that was prepared.
            let row = sqlx::raw_sql("SELECT clock_timestamp()").fetch_one(&mut *conn).await?;
            self.0.clock.follow_database(row.try_get(0)?, (asked, Utc::now()));
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
            Pools::Postgres { .. } => DbBackend::Postgres,
        }
    }

    pub(super) fn recent(&self) -> &Recent {
        &self.0.recent
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
        let link = match &self.0.pools {
            Pools::Sqlite { read, .. } => Link::Reader(Mutex::new(read.reader().await?)),
            Pools::Postgres { pool, named } => {
                let begin = format!(
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT {}, {}",
                    scope_setting(owner),
                    limits()
                );
                begin_postgres(pool, *named, begin).await?
            }
        };
        self.conn(link).await
    }

    /// With the faults of this store; the first call has begun it already.
    async fn conn(&self, link: Link) -> Result<Conn> {
        let conn = Conn {
            link,
            faults: self.0.faults.clone(),
        };
        after(conn.fault().await?)?;
        Ok(conn)
    }

    /// A transaction to write in. SQLite has one writer at a time, which waits here and not in the middle. Its statements are not ended in the middle: they go by keys and
    /// by what one account has, so that none is long, and sqlx would not know that their transaction has gone with them.
    pub(super) async fn begin_write(&self, owner: &Owner) -> Result<Conn> {
        let link = match &self.0.pools {
            Pools::Sqlite { write, read, log } => {
                log.shorten(read, write).await;
                Link::Sqlite(Mutex::new(write.begin_with("BEGIN IMMEDIATE").await?))
            }
            Pools::Postgres { pool, named } => {
                let begin = format!("BEGIN; SELECT {}, {}", scope_setting(owner), limits());
                begin_postgres(pool, *named, begin).await?
            }
        };
        self.conn(link).await
    }
}

/// Begins a transaction in a task of its own, which ends also where the caller gives up meanwhile: sqlx does not know of a transaction that was only half begun,
/// and would hand its connection on with it, so that the next caller would be in it, with its scope and in its state of the database.
async fn begin_postgres(pool: &PgPool, named: bool, begin: String) -> Result<Link> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin_with(AssertSqlSafe(begin)).await });
    let tx = Mutex::new(begun.await.map_err(Error::internal)??);
    Ok(Link::Postgres { tx, named })
}

/// Tells PostgreSQL whose rows the transaction may touch, in the same round trip as BEGIN. All three settings are made, so that none counts that somebody has left on
/// the connection. Only constants and parsed UUIDs are put into the text.
fn scope_setting(owner: &Owner) -> String {
    let (platform, tenant, reseller) = match owner {
        Owner::Platform => ("on", String::new(), String::new()),
        Owner::Tenant(id) => ("", id.uuid().to_string(), String::new()),
        Owner::Reseller(id) => ("", String::new(), id.uuid().to_string()),
    };
    format!(
        "set_config('app.platform', '{platform}', true), set_config('app.tenant_id', '{tenant}', true), set_config('app.reseller_id', '{reseller}', true)"
    )
}

/// A transaction. Dropped without [`Conn::commit`] it is rolled back.
pub(super) struct Conn {
    link: Link,
    faults: Faults,
}

/// What a transaction runs on.
enum Link {
    Reader(Mutex<Reader>),
    Sqlite(Mutex<Transaction<'static, Sqlite>>),
    Postgres {
        tx: Mutex<Transaction<'static, Postgres>>,
        /// See [`Pools`].
        named: bool,
    },
}

impl Conn {
    /// Lets the transaction touch the rows of another owner from now on; those of the platform are all.
    pub(super) async fn turn_to(&self, owner: &Owner) -> Result<()> {
        if matches!(self.link, Link::Postgres { .. }) {
            self.execute_unprepared(&format!("SELECT {}", scope_setting(owner))).await?;
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<()> {
        let fault = self.fault().await?;
        match self.link {
            Link::Reader(_) => {}
            Link::Sqlite(tx) => tx.into_inner().commit().await?,
            Link::Postgres { tx, .. } => tx.into_inner().commit().await?,
        }
        Ok(after(fault)?)
    }

    pub(super) async fn rollback(self) -> Result<()> {
        match self.link {
            Link::Reader(_) => {}
            Link::Sqlite(tx) => tx.into_inner().rollback().await?,
            Link::Postgres { tx, .. } => tx.into_inner().rollback().await?,
        }
        Ok(())
    }

    /// What a test has happen to the next call; what happens before it is done here.
    async fn fault(&self) -> Result<Option<Fault>, DbErr> {
        let fault = self.faults.next();
        match fault {
            None | Some(Fault::Done) => {}
            Some(Fault::Undone) => return Err(lost()),
            Some(Fault::Slow) => tokio::time::sleep(SLOW).await,
            Some(Fault::Lost) => {
                if let Link::Postgres { tx, .. } = &self.link {
                    let end = sqlx::raw_sql("SELECT pg_terminate_backend(pg_backend_pid())");
                    // It says no more than that it is gone.
                    let _ = (&mut **tx.lock().await).execute(end).await;
                }
                return Err(lost());
            }
        }
        Ok(fault)
    }
}

/// How long a call takes that a test has take long.
const SLOW: Duration = Duration::from_millis(100);

/// What is said of a call that was done.
fn after(fault: Option<Fault>) -> Result<(), DbErr> {
    if fault == Some(Fault::Done) { Err(lost()) } else { Ok(()) }
}

fn db_err(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn bind<DB>(sql: String, values: Option<sea_orm::Values>, named: bool) -> sqlx::query::Query<'static, DB, SqlxValues>
where
    DB: sqlx::Database + sqlx::database::HasStatementCache,
    SqlxValues: for<'q> sqlx::IntoArguments<DB>,
{
    let values = SqlxValues(values.unwrap_or(sea_orm::Values(Vec::new())));
    sqlx::query_with(AssertSqlSafe(sql), values).persistent(named)
}

macro_rules! on {
    ($self:ident, $sql:expr, ($tx:ident, $text:ident, $named:ident) => $run:expr) => {{
        let fault = $self.fault().await?;
        let answer = match &$self.link {
            Link::Reader(reader) => {
                let $named = true;
                reader.lock().await.ask($sql, async |$tx, $text| $run).await.map_err(db_err)
            }
            Link::Sqlite(tx) => {
                let ($tx, $text, $named) = (&mut *tx.lock().await, $sql, true);
                $run.map_err(db_err)
            }
            Link::Postgres { tx, named } => {
                let ($tx, $text, $named) = (&mut *tx.lock().await, $sql, *named);
                $run.map_err(db_err)
            }
        }?;
        after(fault)?;
        Ok(answer)
    }};
}

#[async_trait::async_trait]
impl ConnectionTrait for Conn {
    fn get_database_backend(&self) -> DbBackend {
        match self.link {
            Link::Reader(_) | Link::Sqlite(_) => DbBackend::Sqlite,
            Link::Postgres { .. } => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, Statement { sql, values, .. }: Statement) -> Result<ExecResult, DbErr> {
        on!(self, sql, (tx, sql, named) => tx.execute(bind(sql, values, named)).await.map(Into::into))
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        on!(self, sql.to_owned(), (tx, sql, _named) => tx.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(Into::into))
    }

    async fn query_one_raw(&self, Statement { sql, values, .. }: Statement) -> Result<Option<QueryResult>, DbErr> {
        on!(self, sql, (tx, sql, named) => tx.fetch_optional(bind(sql, values, named)).await.map(|row| row.map(Into::into)))
    }

    async fn query_all_raw(&self, Statement { sql, values, .. }: Statement) -> Result<Vec<QueryResult>, DbErr> {
        on!(self, sql, (tx, sql, named) => tx.fetch_all(bind(sql, values, named)).await.map(|rows| rows.into_iter().map(Into::into).collect()))
    }
}
