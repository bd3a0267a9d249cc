//! Bytes that are no message, or nearly one: the caller's mistake, and never a fault of the server.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use portal_client::Code;
use prost::Message;
use tenantry_tests::{Harness, both};

use super::{Chance, colleague};
use crate::matrix::{
    World,
    contract::rpcs,
    raw::{GARBAGE, Wire},
    request::good,
};

/// How often a good request of each RPC is spoiled.
const UNARY: u64 = 40;
const STREAMING: u64 = 6;

both! {
    async fn bytes_that_are_no_message_are_the_caller_s_mistake(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let mut wrong = Vec::new();
        // No tag; a field that ends in the middle; a length that lies; a group that is not closed; a field with the number 0.
        let spoiled: [&[u8]; 5] = [&GARBAGE, &[0x0a, 0x05, b'a'], &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0x0b, 0x08, 0x01], &[0x00, 0x01]];
        for rpc in rpcs()? {
            for bytes in spoiled {
                let answer = world.wire.call_as(&rpc, Bytes::copy_from_slice(bytes), &world.caller(&rpc).token()).await?;
                if (answer.code, answer.reason().as_str()) != (Code::InvalidArgument, "MALFORMED_REQUEST") {
                    wrong.push(format!("{} with {bytes:x?}: {}", rpc.name(), answer.short()));
                }
            }
        }
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }

    /// The same as the fuzz target of requests does without end.
    async fn whatever_is_sent_is_no_fault_of_the_server(h: Harness) -> Result<()> {
        let h = &Harness::alone(h.database()).await?;
        let world = &World::make(h).await?;
        let (mut chance, mut calls, everybody) = (Chance(20_260_101), Vec::new(), [
            colleague(h, &world.platform).await?,
            colleague(h, &world.tenants[1]).await?,
            colleague(h, &world.resellers[1]).await?,
        ]);
        for rpc in rpcs()? {
            let caller = match rpc.portal() {
                Some(portal) => everybody.iter().find(|session| session.portal() == portal),
                None => everybody.first(),
            };
            let Some(caller) = caller else { continue };
            let good = good(&rpc, world.caller(&rpc))?.encode_to_vec();
            for _ in 0..if rpc.method.is_server_streaming() { STREAMING } else { UNARY } {
                calls.push((rpc.clone(), spoil(&good, &mut chance), caller.access_token.clone()));
            }
        }
        let count = calls.len();
        // A connection on which so much is refused before it was read is closed after a while.
        let some = calls.chunks(40).map(async |calls| {
            let (wire, mut wrong) = (Wire::to(h)?, Vec::new());
            for (rpc, bytes, token) in calls {
                let answer = wire.call_as(rpc, bytes.clone().into(), token).await.with_context(|| format!("{} with {bytes:x?}", rpc.name()))?;
                if [Code::Internal, Code::Unknown, Code::Unavailable, Code::DataLoss].contains(&answer.code) {
                    wrong.push(format!("{} with {bytes:x?}: {}", rpc.name(), answer.short()));
                }
            }
            anyhow::Ok(wrong)
        });
        let wrong: Vec<String> = stream::iter(some).buffer_unordered(24).try_concat().await?;
        ensure!(count > 3_000, "only {count} requests");
        ensure!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        Ok(())
    }
}

/// A request with some of its bytes changed, left out, doubled or moved.
fn spoil(good: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=chance.below(4) {
        let at = usize::try_from(chance.below(bytes.len() as u64 + 1)).unwrap_or_default();
        let byte = u8::try_from(chance.below(256)).unwrap_or_default();
        match chance.below(6) {
            0 => bytes.insert(at, byte),
            1 => drop(bytes.drain(..at)),
            2 => bytes.truncate(at),
            3 => bytes.extend_from_within(..at),
            _ => {
                if let Some(old) = bytes.get_mut(at) {
                    *old = byte;
                }
            }
        }
    }
    bytes.truncate(100_000);
    bytes
}
