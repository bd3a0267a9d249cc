//! Calls that are answered before all of them is read: what is still on its way is no error of the client, and does not end the connection of everybody behind a proxy.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tenantry_tests::{Database, run};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::frames::*;

const CALLS: u32 = 1000;
/// As many as a connection may have at once.
const AT_ONCE: u32 = 200;

#[test]
fn refused_calls_do_not_end_a_connection_sqlite() -> Result<()> {
    run(Database::Sqlite, async |h| {
        let mut stream = greet(&h.running.address.to_string(), &[]).await?;
        stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
        let head = call("/tenantry.v1.MasterAdminService/CreatePlan");
        for round in 0..CALLS / AT_ONCE {
            let streams: Vec<u32> = (0..AT_ONCE).map(|n| (round * AT_ONCE + n) * 2 + 1).collect();
            let heads: Vec<u8> = streams.iter().flat_map(|id| frame(HEADERS, END_HEADERS, *id, &head)).collect();
            stream.write_all(&heads).await?;
            // Without a token all of them are refused by now.
            sleep(Duration::from_millis(100)).await;
            let messages = streams
                .iter()
                .flat_map(|id| [frame(DATA, 0, *id, &[0, 0, 0, 1, 0]), frame(DATA, END_STREAM, *id, &[0; 256])].concat());
            stream.write_all(&messages.collect::<Vec<u8>>()).await?;
            timeout(Duration::from_secs(20), answers(&mut stream, AT_ONCE))
                .await
                .context("no answers in time")??;
        }
        Ok(())
    })
}

/// Reads until so many calls have their answer.
async fn answers(stream: &mut TcpStream, mut missing: u32) -> Result<()> {
    while missing > 0 {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.context("the connection has ended")?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut payload).await?;
        ensure!(
            head[3] != GOAWAY,
            "the server ends the connection: {}",
            String::from_utf8_lossy(&payload[8..])
        );
        missing -= u32::from(head[3] == HEADERS && head[4] & END_STREAM != 0);
    }
    Ok(())
}
