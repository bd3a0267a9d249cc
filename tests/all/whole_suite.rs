//! What holds after everything else has happened. Tests begin in the order of their names, and this one is the last. Of servers that are killed or fail now and then, their
//! own tests ask the same.

use std::time::Duration;

use anyhow::{Context, Result};
use tenantry_tests::{Database, is_last, run, servers};

#[test]
fn the_audit_trails_verify() -> Result<()> {
    run(Database::Sqlite, async |_| {
        while !is_last() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        for server in servers() {
            server.trails_are_whole().await.with_context(|| format!("{:?}", server.database))?;
        }
        Ok(())
    })
}
