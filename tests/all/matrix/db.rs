//! The database, past the server and its walls.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tenantry::store::Setup;
use tenantry_tests::Harness;
use uuid::Uuid;

/// A connection as the owner of the tables.
pub enum Db {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Db {
    pub async fn open(h: &Harness) -> Result<Self> {
        Ok(match h.settings.database() {
            Setup::Sqlite(file) => Self::Sqlite(SqliteConnection::connect(&format!("sqlite://{}", file.display())).await?),
            Setup::Postgres(_) => Self::Postgres(PgConnection::connect(&h.settings.database_owner_url).await?),
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

    /// Answers how many rows were changed.
    pub async fn execute(&mut self, sql: &str) -> Result<u64> {
        let query = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Sqlite(db) => sqlx::query(query).execute(db).await?.rows_affected(),
            Self::Postgres(db) => sqlx::query(query).execute(db).await?.rows_affected(),
        })
    }

    /// The one number that a question answers.
    pub async fn number(&mut self, sql: &'static str) -> Result<i64> {
        Ok(match self {
            Self::Sqlite(db) => sqlx::query_scalar(sql).fetch_one(db).await?,
            Self::Postgres(db) => sqlx::query_scalar(sql).fetch_one(db).await?,
        })
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
}
