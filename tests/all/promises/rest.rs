//! Whether a call has changed anything: nothing else is at work meanwhile.

use anyhow::{Result, ensure};
use portal_client::pb;
use tenantry_tests::{Db, Harness, eventually};

/// Waits until what earlier calls have begun, and what goes on by itself, is done.
pub async fn at_rest(h: &Harness) -> Result<()> {
    let at_work = pb::ListOperationsRequest {
        filter: "state = RUNNING OR state = PENDING OR state = COMPENSATING".into(),
        ..Default::default()
    };
    let operations = async || Ok(h.master().list_operations(at_work.clone()).await?.operations);
    eventually("at rest", operations, Vec::is_empty).await.map(|_| ())
}

/// The versions of all rows that nothing changes by itself, and how many answers are kept. What an instance does changes the rows of deployments and operations at any time.
pub async fn versions(db: &mut Db) -> Result<Vec<(String, i64, i64)>> {
    let mut versions = Vec::new();
    for table in db.tables().await? {
        let columns = db.columns(&table).await?;
        let version = ["row_version", "generation"]
            .into_iter()
            .find(|name| columns.iter().any(|(column, _)| column == name));
        let Some(version) = version.filter(|_| !["deployment", "operation"].contains(&table.as_str())) else {
            continue;
        };
        let (count, sum) = (
            format!("SELECT count(*) FROM \"{table}\""),
            format!("SELECT CAST(coalesce(sum({version}), 0) AS bigint) FROM \"{table}\""),
        );
        versions.push((table, db.number(&count).await?, db.number(&sum).await?));
    }
    let kept = db.number("SELECT count(*) FROM idempotency_record").await?;
    versions.push(("idempotency_record".to_owned(), kept, 0));
    ensure!(versions.len() >= 11, "only {versions:?} have versions");
    Ok(versions)
}
