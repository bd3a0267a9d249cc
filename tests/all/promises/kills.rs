//! A server that dies before it has answered: whoever asks again gets the answer, and nothing is done twice.

use anyhow::{Context, Result, ensure};
use portal_client::{Code, request_id};
use tenantry_tests::{Database, Harness, Process, Site, both};

use super::{
    colleague,
    idempotency::{effects, without_secrets},
    ready::ready,
    with_field,
};
use crate::matrix::{World, raw::Wire};

both! {
    async fn what_a_kill_takes_away_is_done_once_and_answered(h: Harness) -> Result<()> {
        let database = h.database();
        let h = Harness::alone(database).await?;
        let world = World::make(&h).await?;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id")? {
            // It takes its time.
            let caller = world.fresh(&h).await?.caller(&rpc);
            let me = colleague(&h, caller).await?;
            let body = ready(&h, &rpc, caller, &request_id()).await?.body();
            // A file is copied when all that the call needs is in it.
            let site = Site::of_server(&h).await?;
            // One dies before it has kept what it did, so that nothing was done; the next has kept it, and dies before it answers.
            for point in ["request.after", "request.committed"] {
                let mut dying = site.start(point).await?;
                let answer = Wire::at(&dying.origin)?.call_as(&rpc, body.clone(), &me.access_token).await;
                ensure!(answer.is_err(), "{}: {:?}", rpc.name(), answer.map(|answer| answer.short()));
                dying.died().await?;
            }
            let next: Option<Process> = if database == Database::Postgres { None } else { Some(site.start("").await?) };
            let origin = next.as_ref().map_or_else(|| h.origin(), |next| next.origin.clone());
            let wire = Wire::at(&origin)?;
            let first = wire.call_as(&rpc, body.clone(), &me.access_token).await?;
            let again = wire.call_as(&rpc, body, &me.access_token).await?;
            // What is shown once is in neither: nobody knows whether the one who should see it did.
            if first.code != Code::Ok || first != again || first.first()? != without_secrets(&rpc, &first)? {
                wrong.push(format!("{}: {} and {}", rpc.name(), first.short(), again.short()));
            }
            let effects = effects(&origin, &me).await?;
            if effects != 1 {
                wrong.push(format!("{}: {effects} effects", rpc.name()));
            }
            site.trails_are_whole().await.with_context(|| rpc.name())?;
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }
}
