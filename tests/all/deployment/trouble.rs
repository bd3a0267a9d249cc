//! What goes wrong on a machine, and what is done about it.

use std::net::TcpListener;

use anyhow::{Context, Result};
use portal_client::pb;
use rustix::process::{Signal, kill_process};
use sqlx::{Connection, PgConnection, SqliteConnection, raw_sql, sqlite::SqliteConnectOptions};
use tenantry::store::Setup;
use tenantry_tests::{Harness, Server, address, both, eventually, finished, fresh_settings, make, page};

use super::{becomes, folder, get, kill, pid, process, start, stop};
use pb::DeploymentState as Is;

/// Runs a statement on the database of a server.
async fn execute(database: &Setup, sql: &'static str) -> Result<()> {
    match database {
        Setup::Sqlite(file) => {
            let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await?;
            raw_sql(sql).execute(&mut connection).await?;
        }
        Setup::Postgres(database) => {
            let url = database.owner_url.as_deref().context("no owner")?;
            raw_sql(sql).execute(&mut PgConnection::connect(url).await?).await?;
        }
    }
    Ok(())
}

both! {
    async fn a_killed_instance_is_started_again(h: Harness) -> Result<()> {
        let acme = h.tenant("killed").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let first = pid(&h.settings.data_dir, id)?;
        kill(first)?;
        let back = eventually("restarted", async || get(&master, id).await, |d| d.state() == Is::Running && d.restarts == 1).await?;
        assert_ne!(pid(&h.settings.data_dir, id)?, first);
        assert!(page(&back.url, "/healthz").await?.ends_with("ok"));
        Ok(())
    }

    async fn the_processes_of_a_deployment_are_all_killed_and_it_comes_back(h: Harness) -> Result<()> {
        let acme = h.tenant("shimless").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        kill(super::state(&h.settings.data_dir, id)?.shim.pid)?;
        eventually("restarted", async || get(&master, id).await, |d| d.state() == Is::Running && d.restarts == 1).await?;
        Ok(())
    }

    async fn a_port_that_a_stranger_has_taken_is_left_to_the_stranger(h: Harness) -> Result<()> {
        let acme = h.tenant("stranger").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let before = get(&master, id).await?;
        stop(h.admin(), id).await?;
        becomes(&master, id, Is::Stopped).await?;
        let stranger = TcpListener::bind(address(&before.url)?)?;
        start(h.admin(), id).await?;
        let up = becomes(&master, id, Is::Running).await?;
        assert_ne!(address(&up.url)?, address(&before.url)?);
        assert!(page(&up.url, "/").await?.contains("Tenant stranger"));

        // The same while it runs: its process ends, and the stranger is quicker.
        let quicker = async || {
            let listener = TcpListener::bind(address(&up.url)?).ok();
            if listener.is_none() {
                // Or it is not, and tries again: there may be no process at this moment.
                let _ = pid(&h.settings.data_dir, id).and_then(kill);
            }
            Ok(listener)
        };
        let quick = eventually("free", quicker, Option::is_some).await?;
        let moved = eventually("moved", async || get(&master, id).await, |d| d.state() == Is::Running && d.url != up.url).await?;
        assert!(page(&moved.url, "/").await?.contains("Tenant stranger"));
        drop((stranger, quick));
        Ok(())
    }

    async fn a_crash_loop_is_failed_with_its_black_box_and_recovers(h: Harness) -> Result<()> {
        let acme = h.tenant("crash").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        stop(h.admin(), id).await?;
        becomes(&master, id, Is::Stopped).await?;
        let database = folder(&h.settings.data_dir, id).join("data/isp.db");
        let kept = std::fs::read(&database)?;
        std::fs::write(&database, "this is no database, however long one looks at it")?;
        start(h.admin(), id).await?;
        let failed = becomes(&master, id, Is::Failed).await?;
        let error = failed.error.context("a failed deployment says why")?;
        assert_eq!((error.reason.as_str(), error.last_exit.as_str()), ("CRASH_LOOP", "exit 1"));
        assert!(!error.hint.is_empty() && error.log_tail.iter().any(|line| line.contains("database")), "{error:?}");
        // It goes on trying, so it comes back by itself when the cause is gone.
        std::fs::write(&database, kept)?;
        let back = eventually("back", async || get(&master, id).await, |d| d.state() == Is::Running).await?;
        assert!(back.error.is_none() && back.restarts >= 2, "{back:?}");
        Ok(())
    }

    async fn an_onboarding_that_finds_no_port_says_what_to_do_about_it(h: Harness) -> Result<()> {
        let stranger = TcpListener::bind("127.0.0.1:0")?;
        let mut settings = fresh_settings(h.database()).await?;
        settings.instance_port_first = stranger.local_addr()?.port();
        settings.instance_port_last = settings.instance_port_first;
        let database = settings.database();
        let h = Harness::new(Server::with(h.database(), settings).await?).await?;
        let plan = h.plan().await?;
        let begun = h.master().onboard_tenant(make::onboarding(&h.name("portless"), &plan.id)).await?;
        let list = async || Ok(h.master().list_deployments(pb::ListDeploymentsRequest::default()).await?.deployments);
        let found = eventually("failed", list, |all| all.first().is_some_and(|d| d.state() == Is::Failed)).await?;
        let own = found.into_iter().next().and_then(|d| d.error).context("a failed deployment says why")?;
        assert_eq!(own.reason, "NO_PORT");
        // As if its time was over.
        execute(&database, "UPDATE operation SET deadline_at = run_at").await?;
        let error = finished(h.admin(), &begun.id).await?.error.context("it has failed")?;
        assert_eq!((error.reason.as_str(), error.hint), ("DEADLINE_EXCEEDED", own.hint));
        assert!(error.message.contains(&own.message), "{}", error.message);
        drop(stranger);
        Ok(())
    }

    async fn one_that_hangs_is_unhealthy_and_stops_all_the_same(h: Harness) -> Result<()> {
        let acme = h.tenant("hangs").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let hung = process(pid(&h.settings.data_dir, id)?)?;
        kill_process(hung, Signal::STOP)?;
        let unwell = becomes(&master, id, Is::Unhealthy).await?;
        assert_eq!(unwell.error.map(|e| e.reason), Some("PROBE_FAILED".into()));
        kill_process(hung, Signal::CONT)?;
        becomes(&master, id, Is::Running).await?;

        // Others are looked after while one takes its time to end: by the server's own times, of a machine that may be slow.
        kill_process(hung, Signal::STOP)?;
        stop(h.admin(), id).await?;
        let beside = h.tenant("beside").await?;
        let begun = get(&master, &beside.deployment_id).await?.start_time;
        let ended = becomes(&master, id, Is::Stopped).await?.observe_time;
        let moment = |time: Option<prost_types::Timestamp>| time.map(|t| (t.seconds, t.nanos)).context("a time");
        assert!(moment(begun)? < moment(ended)?, "{begun:?} {ended:?}");
        Ok(())
    }
}
