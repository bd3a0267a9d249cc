//! A server that dies between the commit and the answer: whoever asks again gets the answer, and nothing is done twice.

use anyhow::{Result, ensure};
use portal_client::{Code, request_id};
use prost::Message;
use tenantry_tests::{Database, Harness, Process, Site, both};

use super::{
    colleague,
    idempotency::{KEYED, calls_of},
    in_earnest, with_field,
};
use crate::matrix::{World, raw::Wire};

both! {
    async fn an_answer_that_was_lost_is_given_again(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let world = World::make(&h).await?;
        let shared = h.database() == Database::Postgres;
        let mut wrong = Vec::new();
        for rpc in with_field("request_id", KEYED)? {
            let caller = world.caller(&rpc);
            let me = colleague(&h, caller).await?;
            let before = calls_of(&h, &me).await?.len();
            let body = bytes::Bytes::from(in_earnest(&h, &rpc, caller, &request_id()).await?.encode_to_vec());
            // A file is copied when all that the call needs is in it.
            let site = Site::of_server(&h).await?;
            let mut dying = site.start("request.committed").await?;
            // It dies before it answers.
            let answer = Wire::at(&dying.origin)?.call_as(&rpc, body.clone(), &me.access_token).await;
            ensure!(answer.is_err(), "{}: {:?}", rpc.name(), answer.map(|answer| answer.short()));
            dying.died().await?;
            let next: Option<Process> = if shared { None } else { Some(site.start("").await?) };
            let wire = next.as_ref().map_or_else(|| Ok(world.wire.clone()), |next| Wire::at(&next.origin))?;
            let (first, again) = (
                wire.call_as(&rpc, body.clone(), &me.access_token).await?,
                wire.call_as(&rpc, body, &me.access_token).await?,
            );
            if first.code != Code::Ok || first != again {
                wrong.push(format!("{}: {} and {}", rpc.name(), first.short(), again.short()));
            }
            // One that was done again would have left a second entry.
            let effects = calls_of(&h, &me).await?.len() - before;
            if shared && effects != 1 {
                wrong.push(format!("{}: {effects} effects", rpc.name()));
            }
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }
}
