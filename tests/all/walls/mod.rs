//! The second wall: what PostgreSQL itself gives the role as which the server works, whatever a statement says.

mod catalogue;
mod pool;
mod raw;

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgArguments, query::Query};
use tenantry_tests::{Harness, PgBouncer};

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
struct Raw {
    db: PgConnection,
    _bouncer: Option<PgBouncer>,
}

impl Raw {
    /// Straight to the database, and through pgbouncer in transaction mode.
    async fn both_ways(h: &Harness) -> Result<[Self; 2]> {
        let bouncer = PgBouncer::start(&h.settings.database_url)?;
        let straight = PgConnection::connect(&h.settings.database_url).await?;
        let through = PgConnection::connect(&bouncer.url).await?;
        Ok([(straight, None), (through, Some(bouncer))].map(|(db, _bouncer)| Self { db, _bouncer }))
    }

    /// Runs a statement in a transaction that is taken back; answers how many rows it touched, or the code of the refusal.
    async fn run(&mut self, whom: As<'_>, sql: &str, row: Option<&serde_json::Value>) -> Result<Result<u64, String>> {
        let mut tx = self.db.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(whom.setting())).execute(&mut *tx).await?;
        let mut statement: Query<'_, _, PgArguments> = sqlx::query(AssertSqlSafe(sql)).persistent(false);
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

    /// The same, and what the platform counts at that moment: others write meanwhile, and measurements come by themselves.
    async fn run_beside(&mut self, count: &str, whom: As<'_>, sql: &str) -> Result<(u64, Result<u64, String>)> {
        loop {
            let before = self.number(As::Platform, count).await?;
            let done = self.run(whom, sql, None).await?;
            if self.number(As::Platform, count).await? == before {
                return Ok((before.try_into()?, done));
            }
        }
    }

    /// Whether the role has the right to a command, whatever the rows are.
    async fn is_given(&mut self, command: &str, table: &str) -> Result<bool> {
        let question = format!("SELECT has_table_privilege('\"{table}\"', '{command}')::int::bigint");
        Ok(self.number(As::Nobody, &question).await? == 1)
    }

    /// The first column of the first row, a number.
    async fn number(&mut self, whom: As<'_>, sql: &str) -> Result<i64> {
        let mut tx = self.db.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(whom.setting())).execute(&mut *tx).await?;
        let row = sqlx::query(AssertSqlSafe(sql))
            .persistent(false)
            .fetch_one(&mut *tx)
            .await
            .with_context(|| sql.to_owned())?;
        tx.rollback().await?;
        Ok(row.try_get(0)?)
    }
}

/// The code of PostgreSQL for a row or a table that somebody may not touch.
const REFUSED: &str = "42501";

/// Its code for a row that does not meet a CHECK.
const BROKEN: &str = "23514";

/// An id of ours as PostgreSQL has it.
fn uuid(id: &str) -> &str {
    id.rsplit('_').next().unwrap_or_default()
}
