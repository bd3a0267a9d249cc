//! The log of a SQLite file does not stay long.

use anyhow::{Context, Result, ensure};
use portal_client::request_id;
use tenantry::store::Setup;
use tenantry_tests::{Database, Db, Harness, eventually, make, run};

#[test]
fn whoever_writes_begins_a_long_log_anew() -> Result<()> {
    run(Database::Sqlite, async |_| {
        let h = Harness::alone(Database::Sqlite).await?;
        let Setup::Sqlite(file) = h.settings.database() else {
            anyhow::bail!("SQLite is a file")
        };
        let log = format!("{}-wal", file.display());
        let length = || std::fs::metadata(&log).context("a log").map(|log| log.len());
        let mut db = Db::open(&h.settings).await?;
        // What is checkpointed is still in the log until that is begun anew.
        db.execute("CREATE TABLE filler AS SELECT zeroblob(70 << 20)").await?;
        let before = length()?;
        ensure!(before > 64 << 20, "{before} bytes are not long");
        let write = async || {
            h.master().create_plan(make::plan(&request_id())).await?;
            length()
        };
        eventually("begun anew", write, |now| *now < 1 << 20).await?;
        Ok(())
    })
}
