//! The second wall: what PostgreSQL itself gives the role as which the server works, whatever a statement says.

mod catalogue;
mod pool;
mod raw;

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgArguments, query::Query};
use tenantry_tests::Harness;

/// On whose behalf a transaction acts: the setting and its value.
#[derive(Clone, Copy, Debug)]
enum As<'a> {
    Nobody,
    Platform,
    Tenant(&'a str),
    Reseller(&'a str),
}

impl As<'_> {
    fn setting(self) -> String {
        let (name, value) = match self {
            As::Nobody => return "SELECT 1".into(),
            As::Platform => ("platform", "on"),
            As::Tenant(id) => ("tenant_id", id),
            As::Reseller(id) => ("reseller_id", id),
        };
        format!("SELECT set_config('app.{name}', '{value}', true)")
    }
}

/// A connection of the role as which the server works.
struct Raw(PgConnection);

impl Raw {
    async fn of(h: &Harness) -> Result<Self> {
        Ok(Self(PgConnection::connect(&h.settings.database_url).await?))
    }

    /// Runs a statement in a transaction that is taken back; answers how many rows it touched, or the code of the refusal.
    async fn run(&mut self, whom: As<'_>, sql: &str, row: Option<&serde_json::Value>) -> Result<Result<u64, String>> {
        let mut tx = self.0.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(whom.setting())).execute(&mut *tx).await?;
        let mut statement: Query<'_, _, PgArguments> = sqlx::query(AssertSqlSafe(sql));
        if let Some(row) = row {
            statement = statement.bind(row);
        }
        let done = match statement.execute(&mut *tx).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(sqlx::Error::Database(error)) => Err(error.code().unwrap_or_default().into_owned()),
            Err(error) => return Err(error.into()),
        };
        tx.rollback().await?;
        Ok(done)
    }

    /// The first column of the first row, a number.
    async fn number(&mut self, whom: As<'_>, sql: &str) -> Result<i64> {
        let mut tx = self.0.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(whom.setting())).execute(&mut *tx).await?;
        let row = sqlx::query(AssertSqlSafe(sql))
            .fetch_one(&mut *tx)
            .await
            .with_context(|| sql.to_owned())?;
        tx.rollback().await?;
        Ok(row.try_get(0)?)
    }
}

/// The code of PostgreSQL for a row or a table that somebody may not touch.
const REFUSED: &str = "42501";

/// An id of ours as PostgreSQL has it.
fn uuid(id: &str) -> &str {
    id.rsplit('_').next().unwrap_or_default()
}
