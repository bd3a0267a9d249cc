//! Servers come and go; instances stay.

use anyhow::{Context, Result, bail};
use portal_client::{Client, Code, pb, request_id};
use tenantry::shim::log;
use tenantry_tests::{Database, Harness, Refused, Site, both, eventually, finished, make, page};

use super::{becomes, get, is_absent, kill, pid, start, state, stop};
use pb::{DeploymentState as Is, watch_deployments_response::Event};

/// A healthy deployment, which needs nothing but its two rows.
async fn onboard(admin: &Client, slug: &str) -> Result<String> {
    let plan = admin.master().create_plan(make::plan(slug)).await?;
    let begun = admin.master().onboard_tenant(make::onboarding(slug, &plan.id)).await?;
    let ended = finished(admin, &begun.id).await?;
    if ended.state() != pb::OperationState::Succeeded {
        bail!("the onboarding ended so: {ended:#?}");
    }
    Ok(ended.deployment_id)
}

/// Wishes something of a deployment. The server may end before it has answered.
async fn wish(admin: &Client, id: &str, slug: &str, action: &str) -> Result<i64> {
    let master = admin.master();
    let before = get(&master, id).await?.generation;
    let (deployment_id, etag) = (id.to_owned(), String::new());
    match action {
        "stop" => drop(stop(admin, id).await),
        "start" => drop(start(admin, id).await),
        "restart" => drop(
            master
                .restart_deployment(pb::RestartDeploymentRequest {
                    request_id: request_id(),
                    deployment_id,
                    etag,
                })
                .await,
        ),
        _ => drop(
            master
                .purge_deployment(pb::PurgeDeploymentRequest {
                    deployment_id,
                    etag,
                    confirm_slug: slug.to_owned(),
                    ..Default::default()
                })
                .await,
        ),
    }
    Ok(before + 1)
}

/// A further deployment of a tenant.
async fn further(admin: &Client, tenant_id: &str, suffix: &str) -> Result<String> {
    let request = pb::CreateDeploymentRequest {
        request_id: request_id(),
        tenant_id: tenant_id.into(),
        suffix: suffix.into(),
        validate_only: false,
    };
    Ok(admin.master().create_deployment(request).await?.id)
}

/// Brings a deployment to where a test begins.
async fn brought_to(admin: &Client, id: &str, slug: &str, state: Is) -> Result<()> {
    match state {
        Is::Running => drop(start(admin, id).await?),
        Is::Stopped => drop(stop(admin, id).await?),
        _ => {
            let request = pb::DeleteDeploymentRequest {
                deployment_id: id.into(),
                confirm_slug: slug.into(),
                ..Default::default()
            };
            admin.master().delete_deployment(request).await?;
        }
    }
    becomes(&admin.master(), id, state).await?;
    Ok(())
}

both! {
    async fn a_killed_server_is_followed_by_one_that_adopts(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let data = site.settings.data_dir.as_path();
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let id = onboard(&admin, "adopted").await?;
        let (shim, instance) = (state(data, &id)?.shim, pid(data, &id)?);
        let before = get(&admin.master(), &id).await?;

        // The next server finds the same process, and starts no second one.
        server.kill();
        assert!(page(&before.url, "/healthz").await?.ends_with("ok"));
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let master = admin.master();
        let seen = eventually("looked at", async || get(&master, &id).await, |d| d.observe_time != before.observe_time).await?;
        assert_eq!((seen.state(), &seen.start_time, seen.restarts), (Is::Running, &before.start_time, 0));
        assert_eq!((state(data, &id)?.shim, pid(data, &id)?), (shim, instance));
        assert_eq!(site.instances()?.len(), 1);

        // A watcher goes on over a restart of the server, and what happened meanwhile is told.
        let mut watch = master.watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        let token = loop {
            let message = watch.next().await.context("the snapshot")??;
            if message.event == Some(Event::Synced(true)) {
                break message.resume_token;
            }
        };
        server.kill();
        kill(instance)?;
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let resume = pb::WatchDeploymentsRequest { resume_token: token, ..Default::default() };
        let mut watch = admin.master().watch_deployments(resume).await?;
        loop {
            let message = watch.next().await.context("it goes on")??;
            if matches!(&message.event, Some(Event::Deployment(d)) if d.restarts == 1 && d.state() == Is::Running) {
                break;
            }
        }
        assert_ne!(pid(data, &id)?, instance);
        assert_eq!((state(data, &id)?.shim, site.instances()?.len()), (shim, 1));

        // What was wished while no server looked after it is done by the next one.
        stop(&admin, &id).await?;
        server.kill();
        let server = site.start("").await?;
        becomes(&server.admin().await?.master(), &id, Is::Stopped).await?;
        assert!(is_absent(data, &id)?);

        // No line of its log was lost meanwhile.
        let lines = log::read(&super::folder(data, &id).join("logs"), 0, 10_000)?;
        let numbers: Vec<u64> = lines.iter().map(|line| line.seq).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        assert!(!numbers.is_empty());
        Ok(())
    }

    async fn a_kill_at_any_point_of_a_visit_is_made_good(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let data = site.settings.data_dir.as_path();
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let id = onboard(&admin, "points").await?;
        let tenant_id = get(&admin.master(), &id).await?.tenant_id;
        server.kill();
        for (action, begin, end) in [
            ("stop", Is::Running, Is::Stopped),
            ("start", Is::Stopped, Is::Running),
            ("restart", Is::Running, Is::Running),
            ("release", Is::Deleted, Is::Purged),
        ] {
            for point in ["before", "after", "committed"] {
                let name = format!("deployment.{action}.{point}");
                let server = site.start("").await?;
                let admin = server.admin().await?;
                // There is no way back from a purge.
                let id = if action == "release" { further(&admin, &tenant_id, point).await? } else { id.clone() };
                let slug = get(&admin.master(), &id).await?.slug;
                brought_to(&admin, &id, &slug, begin).await?;
                server.kill();
                let mut server = site.start(&name).await?;
                let generation = wish(&server.admin().await?, &id, &slug, action).await?;
                server.died().await.context(name.clone())?;
                let server = site.start("").await?;
                let admin = server.admin().await?;
                let master = admin.master();
                let done = eventually(&name, async || get(&master, &id).await, |d| d.state() == end && d.observed_generation >= generation).await?;
                assert_eq!(done.restarts, 0, "{name}");
                assert_eq!(is_absent(data, &id)?, end != Is::Running, "{name}");
                assert_eq!(super::folder(data, &id).exists(), end != Is::Purged, "{name}");
                assert!(site.instances()?.len() <= 1, "{name}");
            }
        }
        Ok(())
    }

    async fn each_machine_looks_after_its_own(h: Harness) -> Result<()> {
        if h.database() == Database::Sqlite {
            return Ok(());
        }
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let first = here.start("").await?;
        let id = onboard(&first.admin().await?, "elsewhere").await?;
        let second = there.start("").await?;
        let admin = second.admin().await?;
        let master = admin.master();

        // A wish that another server writes down is done where the instance is, and seen from both.
        let mut watch = master.watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        stop(&admin, &id).await?;
        loop {
            let message = watch.next().await.context("it goes on")??;
            if matches!(&message.event, Some(Event::Deployment(d)) if d.state() == Is::Stopped) {
                break;
            }
        }
        assert!(is_absent(&here.settings.data_dir, &id)? && !super::folder(&there.settings.data_dir, &id).exists());
        let tail = pb::TailDeploymentLogsRequest { deployment_id: id.clone(), ..Default::default() };
        let refusal = master.tail_deployment_logs(tail.clone()).await.refused(Code::Unavailable)?;
        assert_eq!(refusal.reason, "ON_ANOTHER_SERVER");
        let mut log = first.admin().await?.master().tail_deployment_logs(tail).await?;
        assert!(!log.next().await.context("a log")??.lines.is_empty());
        Ok(())
    }

    async fn stop_ends_the_server_and_its_instances(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let data = site.settings.data_dir.as_path();
        let mut server = site.start("").await?;
        let admin = server.admin().await?;
        let one = onboard(&admin, "stopped-one").await?;
        let two = onboard(&admin, "stopped-two").await?;
        stop(&admin, &two).await?;
        becomes(&admin.master(), &two, Is::Stopped).await?;
        let mut watch = admin.master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        let says = site.stop().await?;
        assert!(says.contains("The server has stopped.") && says.contains("One instance has stopped."), "{says}");
        server.ended().await?;
        // Streams end, so that nobody waits for them.
        while let Some(Ok(_)) = watch.next().await {}
        assert!(is_absent(data, &one)? && is_absent(data, &two)?);
        assert!(site.stop().await?.contains("No instance was running."));

        // The next server makes it so again.
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let up = becomes(&admin.master(), &one, Is::Running).await?;
        assert_eq!(get(&admin.master(), &two).await?.state(), Is::Stopped);
        let lab = further(&admin, &up.tenant_id, "lab").await?;
        becomes(&admin.master(), &lab, Is::Running).await?;
        site.stop().await?;
        assert!(site.instances()?.is_empty());
        Ok(())
    }
}
