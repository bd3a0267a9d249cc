//! What a server keeps of the database when it has nothing to do with it: calls that were given up in the middle, pauses.

use std::time::Duration;

use anyhow::Result;
use futures::future::{join_all, try_join_all};
use portal_client::pb;
use tenantry::{billing::plan::entity::Entity as Plans, work};
use tenantry_tests::{Db, Harness, both, eventually, make};
use tokio::time::timeout;

both! {
    /// Whatever a read was at, nothing of it is left on the connection that the next one gets: no old state of the database, and no scope.
    async fn what_is_given_up_leaves_nothing_behind(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let app = &h.running.app;
        for round in 0..60_u64 {
            // Each is given up a little later than the one before, so that it is in the middle of whatever there is to be in.
            let reads = (0..10_u64).map(async |read| {
                let cx = work::cx(app);
                timeout(Duration::from_micros(round * 20 + read * 50), cx.find::<Plans>().count()).await
            });
            join_all(reads).await;
        }
        let master = h.master();
        let requests: Vec<_> = (0..40).map(|n| make::plan(&format!("plan-{n}"))).collect();
        try_join_all(requests.into_iter().map(|request| master.create_plan(request))).await?;
        let lists = (0..40).map(|_| master.list_plans(pb::ListPlansRequest::default()));
        for list in try_join_all(lists).await? {
            assert_eq!(list.total_size, 40);
        }
        Ok(())
    }

    /// A server that waits for work holds no state of the database: PostgreSQL could clean nothing up behind it, and SQLite's log would grow.
    async fn a_pause_holds_no_transaction(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        eventually("without a transaction", async || Db::open(&h.settings).await?.held().await, |held| *held == 0).await?;
        Ok(())
    }
}
