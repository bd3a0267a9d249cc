//! What holds after everything else has happened. Tests begin in the order of their names, and this one is the last.

use std::time::Duration;

use anyhow::{Result, ensure};
use tenantry_tests::{Database, is_last, run, servers};

#[test]
fn the_audit_trails_verify() -> Result<()> {
    run(Database::Sqlite, async |_| {
        while !is_last() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        for server in servers() {
            let report = server.verify(None).await?;
            println!("{:?}: {} trails with {} entries", server.database, report.trails, report.entries);
            ensure!(report.findings.is_empty(), "{:?}", report.findings);
            ensure!(report.entries > 0, "a server has no trail");
        }
        Ok(())
    })
}
