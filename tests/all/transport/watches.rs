//! Watches that are open and have nothing to tell cost next to nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use portal_client::pb;
use sqlx::{Connection, PgConnection};
use tenantry_tests::{Harness, on_postgres};
use tokio::time::sleep;

/// How many are open; each asked for new events and for its session itself, there would be some eight hundred transactions a second.
const WATCHES: usize = 300;
const AT_MOST: i64 = 60;

on_postgres! {
    async fn open_watches_do_not_ask_the_database_each_for_itself(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let mut people = Vec::new();
        for _ in 0..5 {
            people.push(h.staff(pb::Role::MasterViewer).await?);
        }
        let mut watches = Vec::new();
        for number in 0..WATCHES {
            let mut watch = people[number % people.len()].master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
            watch.next().await.context("a watch begins with what there is")??;
            watches.push(watch);
        }
        let mut db = PgConnection::connect(&h.settings.database_owner_url).await?;
        let before = transactions(&mut db).await?;
        sleep(Duration::from_secs(6)).await;
        let each_second = (transactions(&mut db).await? - before) / 6;
        println!("{WATCHES} open watches: {each_second} transactions a second");
        ensure!(each_second < AT_MOST, "{each_second} transactions a second");
        Ok(())
    }
}

async fn transactions(db: &mut PgConnection) -> Result<i64> {
    // What others have done is counted about a second later.
    sleep(Duration::from_millis(1500)).await;
    let count = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
    Ok(sqlx::query_scalar(count).fetch_one(db).await?)
}
