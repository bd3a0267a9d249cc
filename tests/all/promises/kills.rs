//! A server that dies before it has answered: whoever asks again gets the answer, and nothing is done twice.

use anyhow::{Result, ensure};
use portal_client::{Code, request_id};
use prost::Message;
use tenantry_tests::{Database, Harness, Process, Site, both};

use super::{
    colleague,
    idempotency::{effects, without_secrets},
    ready::ready,
    with_field,
};
use crate::matrix::{World, raw::Wire};

both! {
    async fn an_answer_that_was_lost_is_given_again(h: Harness) -> Result<()> {
        killed(h.database(), "request.committed").await
    }

    async fn what_was_lost_before_it_was_kept_is_done(h: Harness) -> Result<()> {
        killed(h.database(), "request.after").await
    }
}

/// Calls each RPC on a server that dies at a point, and twice again on the next one.
async fn killed(database: Database, point: &str) -> Result<()> {
    let h = Harness::alone(database).await?;
    let world = World::make(&h).await?;
    let mut wrong = Vec::new();
    for rpc in with_field("request_id")? {
        let caller = world.caller(&rpc);
        let me = colleague(&h, caller).await?;
        let body = bytes::Bytes::from(ready(&h, &rpc, caller, &request_id()).await?.encode_to_vec());
        // A file is copied when all that the call needs is in it.
        let site = Site::of_server(&h).await?;
        let mut dying = site.start(point).await?;
        // It dies before it answers.
        let answer = Wire::at(&dying.origin)?.call_as(&rpc, body.clone(), &me.access_token).await;
        ensure!(answer.is_err(), "{}: {:?}", rpc.name(), answer.map(|answer| answer.short()));
        dying.died().await?;
        let next: Option<Process> = if database == Database::Postgres {
            None
        } else {
            Some(site.start("").await?)
        };
        let origin = next.as_ref().map_or_else(|| h.origin(), |next| next.origin.clone());
        let wire = Wire::at(&origin)?;
        let first = wire.call_as(&rpc, body.clone(), &me.access_token).await?;
        let again = wire.call_as(&rpc, body, &me.access_token).await?;
        if first.code != Code::Ok || without_secrets(&rpc, &first)? != without_secrets(&rpc, &again)? {
            wrong.push(format!("{}: {} and {}", rpc.name(), first.short(), again.short()));
        }
        // Of what is shown once nobody knows whether the one who should see it did.
        if (first == again) != (point == "request.committed" || rpc.shown_once().is_empty()) {
            wrong.push(format!("{}: what is shown once", rpc.name()));
        }
        let effects = effects(&origin, &me).await?;
        if effects != 1 {
            wrong.push(format!("{}: {effects} effects", rpc.name()));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
