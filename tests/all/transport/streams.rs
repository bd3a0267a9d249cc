//! Streams: how many a person may have, and what becomes of one whose reader does not read.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use portal_client::{Client, Code as Refusal, pb};
use prost::Message;
use tenantry_tests::{Harness, both, eventually};
use tokio::{net::TcpStream, time::sleep};
use tonic::Code;

use super::wire::{framed, read};
use crate::matrix::world::sign_in;

/// How many streams a person may have open.
const STREAMS: usize = 100;
/// What is on its way when a reader stops reading, and is not taken back.
const ON_ITS_WAY: usize = 400_000;
/// How often the policy is written: each time two texts of 60 KB get into the audit trail.
const WRITTEN: usize = 12;

both! {
    async fn a_person_has_so_many_streams_and_no_more(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let (one, other) = (h.staff(pb::Role::MasterViewer).await?, h.staff(pb::Role::MasterSupport).await?);
        let watch = || one.master().watch_deployments(pb::WatchDeploymentsRequest::default());
        let mut open = Vec::new();
        for _ in 0..STREAMS {
            open.push(watch().await?);
        }
        let refused = watch().await.err().context("one more")?;
        ensure!(refused.code == Refusal::ResourceExhausted && refused.retry_after.is_some(), "{refused:?}");
        // Others have their own, and what is closed is free again.
        other.master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        open.pop();
        eventually("a place", async || Ok(watch().await.is_ok()), |is| *is).await?;
        Ok(())
    }

    /// Whoever does not read what was asked for does not get it when the session is over.
    async fn a_stream_that_waits_for_its_reader_ends_with_the_session(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        for round in 0..WRITTEN {
            let seen = h.master().get_policy(pb::GetPolicyRequest {}).await?;
            let text = format!("{}# {round} {}\n", seen.text.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect::<String>(), "x".repeat(50_000));
            let policy = pb::Policy { text, ..Default::default() };
            let mask = prost_types::FieldMask { paths: vec!["text".into()] };
            h.master().update_policy(pb::UpdatePolicyRequest { policy: Some(policy), update_mask: Some(mask), validate_only: false, ..Default::default() }).await?;
        }
        let all = export(&h, async |_| Ok(())).await?;
        ensure!(all.0 == Code::Ok && all.1 > ON_ITS_WAY * 2, "{all:?}");
        let cut = export(&h, async |leaver| {
            leaver.auth().sign_out(pb::SignOutRequest {}).await?;
            // Longer than it takes to be noticed.
            sleep(Duration::from_secs(12)).await;
            Ok(())
        })
        .await?;
        ensure!(cut.0 == Code::Unauthenticated && cut.1 < ON_ITS_WAY, "{cut:?}");
        Ok(())
    }
}

/// Asks for the audit trail, does something before the answer is read, and tells how it ended and how long it was.
async fn export(h: &Harness, meanwhile: impl AsyncFnOnce(&Client) -> Result<()>) -> Result<(Code, usize)> {
    let session = sign_in(h, &h.staff(pb::Role::MasterAdmin).await?).await?;
    let token = session.access_token.clone();
    let reader = Client::new(&h.origin(), pb::Portal::Master, |_| ());
    reader.begin(session);
    let stream = TcpStream::connect(h.running.address).await?;
    let (sender, connection): (SendRequest<Bytes>, _) = Builder::new().initial_window_size(1000).handshake(stream).await?;
    tokio::spawn(connection);
    let request = Request::post("http://localhost/tenantry.v1.MasterAdminService/ExportAuditEntries")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", format!("Bearer {token}"))
        .body(())?;
    let (answer, mut body) = sender.ready().await?.send_request(request, false)?;
    let format = pb::AuditExportFormat::Json.into();
    body.send_data(
        framed(
            &pb::ExportAuditEntriesRequest {
                format,
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        true,
    )?;
    let answer = answer.await?;
    meanwhile(&reader).await?;
    let whole = read(async { Ok(answer) }).await?;
    Ok((whole.code(), whole.body.len()))
}
