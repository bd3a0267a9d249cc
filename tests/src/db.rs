//! The database, past the server and its walls.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tenantry::{config::Settings, store::Setup};
use uuid::Uuid;

/// A connection as the owner of the tables.
pub enum Db {
    /// A file.
    Sqlite(SqliteConnection),
    /// A server.
    Postgres(PgConnection),
}

impl Db {
    /// Of a server with these settings.
    pub async fn open(settings: &Settings) -> Result<Self> {
        Ok(match settings.database() {
            Setup::Sqlite(file) => Self::Sqlite(SqliteConnection::connect(&format!("sqlite://{}", file.display())).await?),
            Setup::Postgres(_) => {
                let mut db = PgConnection::connect(&settings.database_owner_url).await?;
                // No trigger stops whoever may do this.
                sqlx::raw_sql("SET session_replication_role = replica").execute(&mut db).await?;
                Self::Postgres(db)
            }
        })
    }

    /// All tables.
    pub async fn tables(&mut self) -> Result<Vec<String>> {
        Ok(match self {
            Self::Sqlite(db) => {
                let question = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
                sqlx::query_scalar(question).fetch_all(db).await?
            }
            Self::Postgres(db) => {
                let question = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename";
                sqlx::query_scalar(question).fetch_all(db).await?
            }
        })
    }

    /// The columns of a table with their types.
    pub async fn columns(&mut self, table: &str) -> Result<Vec<(String, String)>> {
        Ok(match self {
            Self::Sqlite(db) => {
                let question = "SELECT name, lower(type) FROM pragma_table_info($1)";
                sqlx::query_as(question).bind(table).fetch_all(db).await?
            }
            Self::Postgres(db) => {
                let question = "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1";
                sqlx::query_as(question).bind(table).fetch_all(db).await?
            }
        })
    }

    /// Carries out one statement or several; answers how many rows were changed.
    pub async fn execute(&mut self, sql: &str) -> Result<u64> {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = match self {
            Self::Sqlite(db) => statements.execute(db).await.map(|done| done.rows_affected()),
            Self::Postgres(db) => statements.execute(db).await.map(|done| done.rows_affected()),
        };
        done.with_context(|| sql.to_owned())
    }

    /// The one number that a question answers.
    pub async fn number(&mut self, sql: &str) -> Result<i64> {
        let sql = AssertSqlSafe(sql);
        Ok(match self {
            Self::Sqlite(db) => sqlx::query_scalar(sql).fetch_one(db).await?,
            Self::Postgres(db) => sqlx::query_scalar(sql).fetch_one(db).await?,
        })
    }

    /// What a question answers that asks for one text of each row.
    pub async fn texts(&mut self, sql: &str) -> Result<Vec<String>> {
        let answer = match self {
            Self::Sqlite(db) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await,
            Self::Postgres(db) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(db).await,
        };
        answer.with_context(|| sql.to_owned())
    }

    /// Bytes as hexadecimal digits in SQL.
    pub fn hex(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("lower(hex({column}))"),
            Self::Postgres(_) => format!("encode({column}, 'hex')"),
        }
    }

    /// An id as it is written in SQL.
    pub fn id(&self, id: Uuid) -> String {
        match self {
            Self::Sqlite(_) => format!("x'{}'", id.simple()),
            Self::Postgres(_) => format!("'{id}'::uuid"),
        }
    }

    /// Something that is another in each row.
    pub fn random(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "hex(randomblob(8))",
            Self::Postgres(_) => "md5(random()::text)",
        }
    }

    /// A text as JSON.
    pub fn json(&self, text: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("json_quote({text})"),
            Self::Postgres(_) => format!("to_jsonb({text})"),
        }
    }

    /// Keeps everybody else from writing, until [`Db::let_go`].
    pub async fn hold(&mut self) -> Result<()> {
        if let Self::Sqlite(_) = self {
            return self.execute("BEGIN IMMEDIATE").await.map(|_| ());
        }
        self.execute(LOCK_ALL).await?;
        Ok(())
    }

    /// Lets others write again.
    pub async fn let_go(&mut self) -> Result<()> {
        self.execute("ROLLBACK").await.map(|_| ())
    }

    /// How many transactions and locks others hold; on SQLite, whether there are any.
    pub async fn held(&mut self) -> Result<i64> {
        match self {
            Self::Sqlite(db) => {
                let (busy, ..): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(db).await?;
                Ok(busy)
            }
            Self::Postgres(_) => self.number(HELD).await,
        }
    }
}

/// In the order of their names, one after the other; who has locked them otherwise is at an end soon. Where two wait for one another, it is the other one that PostgreSQL
/// ends: this one does not ask whether there is such a thing.
const LOCK_ALL: &str = "BEGIN; SET LOCAL deadlock_timeout = '1h'; DO $$ DECLARE one text; BEGIN \
    FOR one IN SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename LOOP \
        EXECUTE 'LOCK TABLE ' || one || ' IN EXCLUSIVE MODE'; \
    END LOOP; END $$";

const HELD: &str = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
        AND (state LIKE 'idle in transaction%' OR state = 'active')) \
    + (SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND pid <> pg_backend_pid())";
