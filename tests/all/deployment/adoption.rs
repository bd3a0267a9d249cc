//! Servers come and go; instances stay.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use portal_client::{Client, Code, pb, request_id};
use tenantry::config::Settings;
use tenantry_tests::{ADMIN, Database, Harness, PASSWORD, Refused, both, eventually, fresh_settings, make, program};

use super::{becomes, get, is_absent, kill, pid, start, state, stop};
use pb::{DeploymentState as Is, watch_deployments_response::Event};

/// A server in a process of its own.
struct Process {
    child: Child,
    client: Client,
}

fn command(settings: &Settings, word: &str) -> Result<Command> {
    let mut command = Command::new(program()?);
    command
        .arg(word)
        .env("TENANTRY_LISTEN", "127.0.0.1:0")
        .env("TENANTRY_DATA_DIR", &settings.data_dir)
        .env("TENANTRY_DATABASE_URL", &settings.database_url)
        .env("TENANTRY_INSTANCE_PORT_FIRST", settings.instance_port_first.to_string())
        .env("TENANTRY_INSTANCE_PORT_LAST", settings.instance_port_last.to_string())
        .env("TENANTRY_BOOTSTRAP_EMAIL", ADMIN)
        .env("TENANTRY_BOOTSTRAP_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    Ok(command)
}

impl Process {
    async fn start(settings: &Settings) -> Result<Self> {
        Self::with(settings, &[]).await
    }

    async fn with(settings: &Settings, environment: &[(&str, &str)]) -> Result<Self> {
        let mut command = command(settings, "serve")?;
        let mut child = command.envs(environment.iter().copied()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let first = lines.next().context("it ended at once")??;
        let origin = first
            .strip_prefix("Tenantry is running at ")
            .context("it does not say where it runs")?;
        let client = Client::new(origin, pb::Portal::Master, |_| ());
        client.sign_in(ADMIN, PASSWORD, "").await?;
        Ok(Self { child, client })
    }

    /// The signal that ended it, when it has ended.
    async fn died(mut self) -> Result<Option<i32>> {
        use std::os::unix::process::ExitStatusExt;
        let ended = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                if let Some(status) = self.child.try_wait()? {
                    return anyhow::Ok(status.signal());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        ended.await.context("it did not end")?
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A data folder, which goes with all that runs for it when the test ends, also a failed one.
struct Place(Settings);

impl Place {
    async fn new(h: &Harness) -> Result<Self> {
        Ok(Self(fresh_settings(h.database()).await?))
    }

    fn stop(&self) -> Result<String> {
        let output = command(&self.0, "stop")?.output()?;
        anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop().ok();
        std::fs::remove_dir_all(&self.0.data_dir).ok();
    }
}

/// A healthy deployment on a server, which needs nothing but its two rows.
async fn onboard(server: &Process, slug: &str) -> Result<String> {
    let master = server.client.master();
    let plan = master.create_plan(make::plan(slug)).await?;
    let id = master.onboard_tenant(make::onboarding(slug, &plan.id)).await?.id;
    let mut states = master.watch_operation(pb::WatchOperationRequest { operation_id: id }).await?;
    let mut last = None;
    while let Some(state) = states.next().await {
        last = state?.operation;
    }
    let ended = last.context("a watch begins with the state as it is")?;
    if ended.state() != pb::OperationState::Succeeded {
        bail!("the onboarding ended so: {ended:#?}");
    }
    Ok(ended.deployment_id)
}

/// Wishes something of a deployment. The server may end before it has answered.
async fn wish(server: &Process, id: &str, slug: &str, action: &str) -> Result<i64> {
    let before = get(&server.client.master(), id).await?.generation;
    let master = server.client.master();
    let (deployment_id, etag) = (id.to_owned(), String::new());
    match action {
        "stop" => drop(stop(&server.client, id).await),
        "start" => drop(start(&server.client, id).await),
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
                })
                .await,
        ),
    }
    Ok(before + 1)
}

/// A further deployment of a tenant.
async fn further(server: &Process, tenant_id: &str, suffix: &str) -> Result<String> {
    let request = pb::CreateDeploymentRequest {
        request_id: request_id(),
        tenant_id: tenant_id.into(),
        suffix: suffix.into(),
        validate_only: false,
    };
    Ok(server.client.master().create_deployment(request).await?.id)
}

/// Brings a deployment to where a test begins.
async fn brought_to(server: &Process, id: &str, slug: &str, state: Is) -> Result<()> {
    match state {
        Is::Running => drop(start(&server.client, id).await?),
        Is::Stopped => drop(stop(&server.client, id).await?),
        _ => {
            let request = pb::DeleteDeploymentRequest {
                deployment_id: id.into(),
                confirm_slug: slug.into(),
                ..Default::default()
            };
            server.client.master().delete_deployment(request).await?;
        }
    }
    becomes(&server.client.master(), id, state).await?;
    Ok(())
}

/// How many shims of a data folder run.
fn shims(data_dir: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir("/proc")? {
        let line = std::fs::read(entry?.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        count += usize::from(line.contains("\0shim\0--dir\0") && line.contains(&data_dir.display().to_string()));
    }
    Ok(count)
}

both! {
    async fn a_killed_server_is_followed_by_one_that_adopts(h: Harness) -> Result<()> {
        let place = Place::new(&h).await?;
        let (settings, data) = (&place.0, place.0.data_dir.as_path());
        let first = Process::start(settings).await?;
        let id = onboard(&first, "adopted").await?;
        let (shim, instance) = (state(data, &id)?.shim, pid(data, &id)?);
        let before = get(&first.client.master(), &id).await?;

        // The next server finds the same process, and starts no second one.
        drop(first);
        assert!(super::page(&before, "/healthz").await?.ends_with("ok"));
        let second = Process::start(settings).await?;
        let master = second.client.master();
        let seen = eventually("looked at", async || get(&master, &id).await, |d| d.observe_time != before.observe_time).await?;
        assert_eq!((seen.state(), &seen.start_time, seen.restarts), (Is::Running, &before.start_time, 0));
        assert_eq!((state(data, &id)?.shim, pid(data, &id)?), (shim, instance));
        assert_eq!(shims(data)?, 1);

        // A watcher goes on over a restart of the server, and what happened meanwhile is told.
        let mut watch = master.watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        let token = loop {
            let message = watch.next().await.context("the snapshot")??;
            if message.event == Some(Event::Synced(true)) {
                break message.resume_token;
            }
        };
        drop(second);
        kill(instance);
        let third = Process::start(settings).await?;
        let master = third.client.master();
        let resume = pb::WatchDeploymentsRequest { resume_token: token, ..Default::default() };
        let mut watch = master.watch_deployments(resume).await?;
        loop {
            let message = watch.next().await.context("it goes on")??;
            if matches!(&message.event, Some(Event::Deployment(d)) if d.restarts == 1 && d.state() == Is::Running) {
                break;
            }
        }
        assert_ne!(pid(data, &id)?, instance);
        assert_eq!((state(data, &id)?.shim, shims(data)?), (shim, 1));

        // What was wished while no server looked after it is done by the next one.
        stop(&third.client, &id).await?;
        drop(third);
        let fourth = Process::start(settings).await?;
        becomes(&fourth.client.master(), &id, Is::Stopped).await?;
        assert!(is_absent(data, &id)?);
        Ok(())
    }

    async fn a_kill_at_any_point_of_a_visit_is_made_good(h: Harness) -> Result<()> {
        let place = Place::new(&h).await?;
        let (settings, data) = (&place.0, place.0.data_dir.as_path());
        let first = Process::start(settings).await?;
        let id = onboard(&first, "points").await?;
        let tenant_id = get(&first.client.master(), &id).await?.tenant_id;
        drop(first);
        for (action, begin, end) in [
            ("stop", Is::Running, Is::Stopped),
            ("start", Is::Stopped, Is::Running),
            ("restart", Is::Running, Is::Running),
            ("release", Is::Deleted, Is::Purged),
        ] {
            for point in ["before", "after", "committed"] {
                let name = format!("deployment.{action}.{point}");
                let server = Process::start(settings).await?;
                // There is no way back from a purge.
                let id = if action == "release" { further(&server, &tenant_id, point).await? } else { id.clone() };
                let slug = get(&server.client.master(), &id).await?.slug;
                brought_to(&server, &id, &slug, begin).await?;
                drop(server);
                let server = Process::with(settings, &[("TENANTRY_FAIL_POINT", &name)]).await?;
                let generation = wish(&server, &id, &slug, action).await?;
                assert_eq!(server.died().await?, Some(9), "{name}");
                let server = Process::start(settings).await?;
                let master = server.client.master();
                let done = eventually(&name, async || get(&master, &id).await, |d| d.state() == end && d.observed_generation >= generation).await?;
                assert_eq!(done.restarts, 0, "{name}");
                assert_eq!(is_absent(data, &id)?, end != Is::Running, "{name}");
                assert_eq!(super::folder(data, &id).exists(), end != Is::Purged, "{name}");
                assert!(shims(data)? <= 1, "{name}");
            }
        }
        Ok(())
    }

    async fn each_machine_looks_after_its_own(h: Harness) -> Result<()> {
        if h.database() == Database::Sqlite {
            return Ok(());
        }
        let place = Place::new(&h).await?;
        let first = Process::start(&place.0).await?;
        let id = onboard(&first, "elsewhere").await?;
        let mut beside = fresh_settings(h.database()).await?;
        beside.database_url = place.0.database_url.clone();
        let beside = Place(beside);
        let keys = place.0.keys_dir();
        let second = Process::with(&beside.0, &[("TENANTRY_KEYS_DIR", &keys.display().to_string())]).await?;
        let master = second.client.master();

        // A wish that another server writes down is done where the instance is, and seen from both.
        let mut watch = master.watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        stop(&second.client, &id).await?;
        loop {
            let message = watch.next().await.context("it goes on")??;
            if matches!(&message.event, Some(Event::Deployment(d)) if d.state() == Is::Stopped) {
                break;
            }
        }
        assert!(is_absent(&place.0.data_dir, &id)? && !super::folder(&beside.0.data_dir, &id).exists());
        let tail = pb::TailDeploymentLogsRequest { deployment_id: id.clone(), ..Default::default() };
        let refusal = master.tail_deployment_logs(tail.clone()).await.refused(Code::Unavailable)?;
        assert_eq!(refusal.reason, "ON_ANOTHER_SERVER");
        let mut log = first.client.master().tail_deployment_logs(tail).await?;
        assert!(!log.next().await.context("a log")??.lines.is_empty());
        Ok(())
    }

    async fn stop_ends_the_server_and_its_instances(h: Harness) -> Result<()> {
        let place = Place::new(&h).await?;
        let (settings, data) = (&place.0, place.0.data_dir.as_path());
        let mut server = Process::start(settings).await?;
        let one = onboard(&server, "stopped-one").await?;
        let two = onboard(&server, "stopped-two").await?;
        stop(&server.client, &two).await?;
        becomes(&server.client.master(), &two, Is::Stopped).await?;
        let mut watch = server.client.master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
        let text = place.stop()?;
        assert!(text.contains("The server has stopped.") && text.contains("One instance has stopped."), "{text}");
        assert!(server.child.wait()?.success());
        // Streams end, so that nobody waits for them.
        while let Some(Ok(_)) = watch.next().await {}
        assert!(is_absent(data, &one)? && is_absent(data, &two)?);
        assert!(place.stop()?.contains("No instance was running."));

        // The next server makes it so again.
        let server = Process::start(settings).await?;
        let up = becomes(&server.client.master(), &one, Is::Running).await?;
        assert_eq!(get(&server.client.master(), &two).await?.state(), Is::Stopped);
        let lab = further(&server, &up.tenant_id, "lab").await?;
        becomes(&server.client.master(), &lab, Is::Running).await?;
        place.stop()?;
        assert_eq!(shims(data)?, 0);
        Ok(())
    }
}
