//! Files of a deployment are lost while it runs, or while it is stopped.

use std::fs;

use anyhow::{Context, Result, bail};
use portal_client::pb;
use tenantry::shim::client::{Presence, absent};
use tenantry_tests::{Harness, Site, both, eventually, finished, make, page};

use super::{becomes, folder, get, is_absent, pid, start, state, stop};
use pb::DeploymentState as Is;

/// The processes of a deployment: its shim and its instance, when all is well.
fn processes(h: &Harness, id: &str) -> Result<Vec<i32>> {
    match absent(&folder(&h.settings.data_dir, id).join("run"))? {
        Presence::Alive(pids) => Ok(pids),
        Presence::Absent => bail!("nothing of {id} runs"),
    }
}

/// Why a deployment failed.
async fn reason(h: &Harness, id: &str) -> Result<String> {
    let failed = becomes(&h.master(), id, Is::Failed).await?;
    Ok(failed.error.context("a failed deployment says why")?.reason)
}

both! {
    async fn one_that_lost_its_run_folder_never_runs_twice(h: Harness) -> Result<()> {
        let acme = h.tenant("runless").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let run = folder(&h.settings.data_dir, id).join("run");
        let before = get(&master, id).await?;
        let first = pid(&h.settings.data_dir, id)?;
        fs::remove_dir_all(&run)?;
        let again = async || get(&master, id).await;
        let up = eventually("started again", again, |d| d.state() == Is::Running && d.start_time != before.start_time).await?;
        let second = pid(&h.settings.data_dir, id)?;
        assert_ne!(second, first);
        let mut own = vec![state(&h.settings.data_dir, id)?.shim.pid, second];
        own.sort_unstable();
        assert_eq!(processes(&h, id)?, own);
        // Its data and its port are those of before.
        assert_eq!(up.url, before.url);
        assert!(page(&up.url, "/").await?.contains("Tenant runless"));

        // A stop that comes first is not reported before it is true.
        fs::remove_dir_all(&run)?;
        stop(h.admin(), id).await?;
        becomes(&master, id, Is::Stopped).await?;
        assert!(is_absent(&h.settings.data_dir, id)? && page(&up.url, "/").await.is_err());
        Ok(())
    }

    async fn one_that_lost_its_data_is_not_started_on_none(h: Harness) -> Result<()> {
        let acme = h.tenant("dataless").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let home = folder(&h.settings.data_dir, id);
        let aside = home.with_extension("aside");

        // Stopped, moved away, started: nothing is made in its place, and it comes back with its data.
        stop(h.admin(), id).await?;
        becomes(&master, id, Is::Stopped).await?;
        fs::rename(&home, &aside)?;
        start(h.admin(), id).await?;
        assert_eq!(reason(&h, id).await?, "DATA_MISSING");
        assert!(!home.exists() && is_absent(&h.settings.data_dir, id)?);
        fs::rename(&aside, &home)?;
        becomes(&master, id, Is::Running).await?;

        // Emptied under the running one: it is told at once, and what runs is left alone until somebody stops it.
        let running = processes(&h, id)?;
        fs::remove_dir_all(&home)?;
        assert_eq!(reason(&h, id).await?, "DATA_MISSING");
        assert!(!home.exists());
        assert_eq!(processes(&h, id)?, running);
        stop(h.admin(), id).await?;
        becomes(&master, id, Is::Stopped).await?;
        assert!(is_absent(&h.settings.data_dir, id)?);
        Ok(())
    }

    async fn one_that_never_ran_has_no_data_to_lose(h: Harness) -> Result<()> {
        let acme = h.tenant("unborn").await?;
        let master = h.master();
        let request = pb::CreateDeploymentRequest {
            request_id: portal_client::request_id(),
            tenant_id: acme.id.clone(),
            suffix: "lab".into(),
            validate_only: false,
        };
        let id = master.create_deployment(request).await?.id;
        stop(h.admin(), &id).await?;
        becomes(&master, &id, Is::Stopped).await?;
        start(h.admin(), &id).await?;
        becomes(&master, &id, Is::Running).await?;
        Ok(())
    }

    async fn damaged_files_of_a_run_folder_are_as_good_as_none(h: Harness) -> Result<()> {
        let acme = h.tenant("damaged").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let run = folder(&h.settings.data_dir, id).join("run");
        stop(h.admin(), id).await?;
        becomes(&master, id, Is::Stopped).await?;
        fs::write(run.join("state.json"), "")?;
        start(h.admin(), id).await?;
        let up = becomes(&master, id, Is::Running).await?;

        // While it runs: the next one is started when this one has ended.
        fs::write(run.join("spec.json"), "{")?;
        fs::write(run.join("state.json"), "{\"boot_id\":")?;
        let again = async || get(&master, id).await;
        eventually("started again", again, |d| d.state() == Is::Running && d.start_time != up.start_time).await?;
        assert_eq!(processes(&h, id)?.len(), 2);
        Ok(())
    }

    async fn stop_finds_instances_whose_folder_is_gone(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let plan = admin.master().create_plan(make::plan("homeless")).await?;
        let begun = admin.master().onboard_tenant(make::onboarding("homeless", &plan.id)).await?;
        let id = finished(&admin, &begun.id).await?.deployment_id;
        server.kill();
        fs::remove_dir_all(folder(&site.settings.data_dir, &id))?;
        assert_eq!(site.instances()?.len(), 1);
        assert!(site.stop().await?.contains("One instance has stopped."));
        assert!(site.instances()?.is_empty());
        Ok(())
    }
}
