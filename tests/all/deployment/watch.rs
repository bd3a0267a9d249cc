//! Watching deployments and following their logs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use portal_client::{Code, Items, pb};
use rustix::process::{Signal, kill_process};
use tenantry_tests::{Harness, Refused, both, eventually, page, with_stall};
use tokio::time::timeout;

use super::{becomes, get, pid, process, start, stop};
use pb::{DeploymentState as Is, watch_deployments_response::Event};

/// The next message that is no bookmark, and its token.
async fn next(watch: &mut Items<pb::WatchDeploymentsResponse>) -> Result<(Event, String)> {
    loop {
        let message = timeout(Duration::from_secs(20), watch.next())
            .await?
            .context("the watch has ended")??;
        match message.event.context("every message says something")? {
            Event::Bookmark(_) => {}
            event => return Ok((event, message.resume_token)),
        }
    }
}

/// Follows a watch until the deployment has come to a state. Answers the states on the way and the last token.
async fn follow(watch: &mut Items<pb::WatchDeploymentsResponse>, until: Is) -> Result<(Vec<pb::Deployment>, String)> {
    let mut seen = Vec::new();
    loop {
        let (Event::Deployment(deployment), token) = next(watch).await? else {
            bail!("only deployments after the snapshot")
        };
        let state = deployment.state();
        seen.push(deployment);
        if state == until {
            return Ok((seen, token));
        }
    }
}

fn only(id: &str, resume_token: &str) -> pb::WatchDeploymentsRequest {
    pb::WatchDeploymentsRequest {
        deployment_id: id.into(),
        resume_token: resume_token.into(),
    }
}

both! {
    async fn a_watch_tells_everything_once_and_goes_on_where_it_was(h: Harness) -> Result<()> {
        let acme = h.tenant("watched").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let mut watch = master.watch_deployments(only(id, "")).await?;
        let (Event::Deployment(first), _) = next(&mut watch).await? else { bail!("first the snapshot") };
        assert_eq!((first.state(), first.id.as_str()), (Is::Running, id));
        let (event, token) = next(&mut watch).await?;
        assert_eq!(event, Event::Synced(true));

        // It hangs until it was told that it stops: a watch that is late tells only how it is then.
        let hung = process(pid(&h.settings.data_dir, id)?)?;
        kill_process(hung, Signal::STOP)?;
        stop(h.admin(), id).await?;
        let begun = Instant::now();
        let (told, stall) = with_stall(next(&mut watch)).await;
        let (Event::Deployment(told), _) = told? else { bail!("then changes") };
        assert!(begun.elapsed() < Duration::from_secs(1) + stall, "{:?} {stall:?}", begun.elapsed());
        assert_eq!(told.state(), Is::Stopping);
        kill_process(hung, Signal::CONT)?;
        follow(&mut watch, Is::Stopped).await?;
        drop(watch);

        // What happened while nobody watched is told afterwards; nothing comes twice.
        start(h.admin(), id).await?;
        becomes(&master, id, Is::Running).await?;
        let mut watch = master.watch_deployments(only(id, &token)).await?;
        let (seen, token) = follow(&mut watch, Is::Running).await?;
        assert_eq!(seen.len(), 1, "all that had happened is one deployment as it is now: {seen:?}");
        drop(watch);
        let mut watch = master.watch_deployments(only(id, &token)).await?;
        let hung = process(pid(&h.settings.data_dir, id)?)?;
        kill_process(hung, Signal::STOP)?;
        stop(h.admin(), id).await?;
        let (mut seen, _) = follow(&mut watch, Is::Stopping).await?;
        kill_process(hung, Signal::CONT)?;
        seen.extend(follow(&mut watch, Is::Stopped).await?.0);
        let mut without_time: Vec<_> = seen.into_iter().map(|d| pb::Deployment { observe_time: None, ..d }).collect();
        let told = without_time.len();
        without_time.dedup();
        assert_eq!(without_time.len(), told);
        assert_eq!(without_time[0].state(), Is::Stopping);
        Ok(())
    }

    async fn a_tenant_watches_its_own_only(h: Harness) -> Result<()> {
        let (acme, other) = (h.tenant("seer").await?, h.tenant("unseen").await?);
        let viewer = acme.viewer().await?;
        let mut watch = viewer.tenant().watch_deployments(only("", "")).await?;
        let (Event::Deployment(first), _) = next(&mut watch).await? else { bail!("first the snapshot") };
        assert_eq!(first.id, acme.deployment_id);
        let (Event::Synced(true), token) = next(&mut watch).await? else { bail!("one deployment") };
        stop(h.admin(), &other.deployment_id).await?;
        stop(h.admin(), &acme.deployment_id).await?;
        let (seen, _) = follow(&mut watch, Is::Stopped).await?;
        assert!(seen.iter().all(|d| d.id == acme.deployment_id));

        viewer.tenant().watch_deployments(only(&other.deployment_id, "")).await.refused(Code::NotFound)?;
        // A token is for whom it was given to, and for what was watched.
        let viewer = other.viewer().await?;
        assert_eq!(viewer.tenant().watch_deployments(only("", &token)).await.violations()?, ["resume_token"]);
        assert_eq!(acme.admin().tenant().watch_deployments(only(&acme.deployment_id, &token)).await.violations()?, ["resume_token"]);
        Ok(())
    }

    async fn a_token_of_yesterday_is_too_old(h: Harness) -> Result<()> {
        let place = r#"{"seq":"00000000000000000001","at":1767225600000000000}"#;
        let token = h.running.app.store.sealer().seal("watch deployments\nplatform\n", place.as_bytes())?;
        let refusal = h.master().watch_deployments(only("", &token)).await.refused(Code::OutOfRange)?;
        assert_eq!(refusal.reason, "RESUME_TOKEN_TOO_OLD");
        Ok(())
    }

    async fn a_watch_has_bookmarks_and_ends_with_its_session(h: Harness) -> Result<()> {
        let staff = h.staff(pb::Role::MasterViewer).await?;
        let acme = h.tenant("quiet").await?;
        let mut watch = staff.master().watch_deployments(only(&acme.deployment_id, "")).await?;
        next(&mut watch).await?;
        next(&mut watch).await?;
        let message = timeout(Duration::from_secs(15), watch.next()).await?.context("it goes on")??;
        assert_eq!(message.event, Some(Event::Bookmark(true)));
        staff.sign_out().await?;
        let end = timeout(Duration::from_secs(40), async {
            loop {
                match watch.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return error.code,
                    None => return Code::Ok,
                }
            }
        });
        assert_eq!(end.await?, Code::Unauthenticated);
        Ok(())
    }

    async fn a_watch_that_is_busy_has_bookmarks_too(h: Harness) -> Result<()> {
        let acme = h.tenant("busy").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let mut watch = master.watch_deployments(only(id, "")).await?;
        // Something is told at least every two seconds.
        let busy = async {
            loop {
                stop(h.admin(), id).await?;
                tokio::time::sleep(Duration::from_secs(2)).await;
                start(h.admin(), id).await?;
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        };
        let bookmark = async {
            while watch.next().await.context("the watch has ended")??.event != Some(Event::Bookmark(true)) {}
            anyhow::Ok(())
        };
        tokio::select! {
            failed = busy => failed,
            told = timeout(Duration::from_secs(14), bookmark) => told.context("no bookmark")?,
        }
    }

    async fn a_log_is_followed_and_gone_on_with(h: Harness) -> Result<()> {
        let acme = h.tenant("logs").await?;
        let user = acme.user().await?;
        let up = get(&h.master(), &acme.deployment_id).await?;
        let tail = |after_sequence, lines, follow| pb::TailDeploymentLogsRequest {
            deployment_id: acme.deployment_id.clone(),
            after_sequence,
            lines,
            follow,
        };
        page(&up.url, "/first").await?;
        let all = async || {
            let mut lines = Vec::new();
            let mut log = user.tenant().tail_deployment_logs(tail(0, 0, false)).await?;
            while let Some(message) = log.next().await {
                lines.extend(message?.lines);
            }
            anyhow::Ok(lines)
        };
        let lines = eventually("logged", all, |lines| lines.iter().any(|line| line.text.contains("/first"))).await?;
        assert!(lines.iter().any(|line| line.stream == "shim"));
        assert!(lines.windows(2).all(|pair| pair[1].sequence == pair[0].sequence + 1));
        let last = lines.last().map(|line| line.sequence).unwrap_or_default();

        let mut log = user.tenant().tail_deployment_logs(tail(last, 0, true)).await?;
        page(&up.url, "/second").await?;
        let message = timeout(Duration::from_secs(5), log.next()).await?.context("it follows")??;
        assert_eq!(message.lines[0].sequence, last + 1);
        assert!(message.lines.iter().any(|line| line.text.contains("/second")));
        let mut log = user.tenant().tail_deployment_logs(tail(0, 1, false)).await?;
        let message = log.next().await.context("a line")??;
        assert_eq!(message.lines.len(), 1);

        let viewer = acme.viewer().await?;
        viewer.tenant().tail_deployment_logs(tail(0, 0, false)).await.refused(Code::PermissionDenied)?;
        let mut fields = user.tenant().tail_deployment_logs(tail(-1, 10_001, false)).await.violations()?;
        fields.sort();
        assert_eq!(fields, ["after_sequence", "lines"]);
        Ok(())
    }
}
