//! What can be done with a deployment, from its making to its purge.

use anyhow::Result;
use portal_client::{Code, pb, request_id};
use tenantry_tests::{Harness, Refused, address, both, eventually, page};

use super::{becomes, folder, get, is_absent, pid, state, stop};
use pb::DeploymentState as Is;

fn create(tenant_id: &str, suffix: &str) -> pb::CreateDeploymentRequest {
    pb::CreateDeploymentRequest {
        request_id: request_id(),
        tenant_id: tenant_id.into(),
        suffix: suffix.into(),
        validate_only: false,
    }
}

fn confirmed(deployment: &pb::Deployment) -> pb::PurgeDeploymentRequest {
    pb::PurgeDeploymentRequest {
        deployment_id: deployment.id.clone(),
        confirm_slug: deployment.slug.clone(),
        ..Default::default()
    }
}

both! {
    async fn a_deployment_lives_and_leaves_nothing(h: Harness) -> Result<()> {
        let acme = h.tenant("life").await?;
        let (master, data) = (h.master(), &h.settings.data_dir);
        let made = master.create_deployment(create(&acme.id, "lab")).await?;
        assert_eq!((made.state(), made.slug.as_str()), (Is::Pending, format!("{}-lab", acme.slug).as_str()));
        let id = made.id.as_str();

        let up = becomes(&master, id, Is::Running).await?;
        assert_eq!((up.health(), up.observed_generation, up.restarts), (pb::Health::Healthy, 1, 0));
        assert!(up.start_time.is_some() && up.error.is_none() && !up.version.is_empty());
        assert_eq!(up.url, format!("http://{}.localhost:{}/", up.slug, address(&up.url)?.port()));
        assert!(page(&up.url, "/").await?.contains("Tenant life"));

        // Stopped by its own tenant, which can start it again.
        let user = acme.user().await?;
        let request = pb::StopDeploymentRequest { deployment_id: id.into(), ..Default::default() };
        assert_eq!(user.tenant().stop_deployment(request).await?.state(), Is::Stopping);
        let down = becomes(&master, id, Is::Stopped).await?;
        assert!(is_absent(data, id)? && page(&down.url, "/").await.is_err());
        assert_eq!((down.health(), down.start_time, down.observed_generation), (pb::Health::Unknown, None, 2));
        let request = pb::StartDeploymentRequest { deployment_id: id.into(), ..Default::default() };
        assert_eq!(user.tenant().start_deployment(request).await?.desired_state(), pb::DesiredState::Running);
        let up = becomes(&master, id, Is::Running).await?;

        // A restart has one effect for a key.
        let again = pb::RestartDeploymentRequest { request_id: request_id(), deployment_id: id.into(), ..Default::default() };
        let first = master.restart_deployment(again.clone()).await?;
        assert_eq!(first.state(), Is::Starting);
        assert_eq!(master.restart_deployment(again).await?.generation, first.generation);
        let restarted = becomes(&master, id, Is::Running).await?;
        assert_ne!(restarted.start_time, up.start_time);
        assert_eq!((restarted.restarts, &restarted.url), (0, &up.url));

        let request = pb::SuspendDeploymentRequest { deployment_id: id.into(), reason: "Spam".into(), ..Default::default() };
        assert_eq!(master.suspend_deployment(request).await?.suspend_reason, "Spam");
        becomes(&master, id, Is::Suspended).await?;
        assert!(is_absent(data, id)?);
        let request = pb::StartDeploymentRequest { deployment_id: id.into(), ..Default::default() };
        let refusal = user.tenant().start_deployment(request).await.refused(Code::FailedPrecondition)?;
        assert_eq!(refusal.reason, "DEPLOYMENT_SUSPENDED");
        master.resume_deployment(pb::ResumeDeploymentRequest { deployment_id: id.into(), ..Default::default() }).await?;
        becomes(&master, id, Is::Running).await?;

        // A deletion can be taken back, a purge cannot.
        let mut delete = pb::DeleteDeploymentRequest { deployment_id: id.into(), confirm_slug: "other".into(), ..Default::default() };
        assert_eq!(master.delete_deployment(delete.clone()).await.violations()?, ["confirm_slug"]);
        delete.confirm_slug = up.slug.clone();
        let deleted = master.delete_deployment(delete.clone()).await?;
        let days = |d: &pb::Deployment| Some((d.purge_time?.seconds - d.delete_time?.seconds + 43_200) / 86_400);
        assert_eq!(days(&deleted), Some(30));
        becomes(&master, id, Is::Deleted).await?;
        let undelete = pb::UndeleteDeploymentRequest { deployment_id: id.into(), ..Default::default() };
        assert_eq!(master.undelete_deployment(undelete.clone()).await?.purge_time, None);
        becomes(&master, id, Is::Stopped).await?;
        assert_eq!(master.purge_deployment(confirmed(&up)).await.refused(Code::FailedPrecondition)?.reason, "DEPLOYMENT_NOT_DELETED");
        master.delete_deployment(delete).await?;
        assert!(folder(data, id).join("data/isp.db").exists());
        assert_eq!(master.purge_deployment(confirmed(&up)).await?.state(), Is::Purging);
        let purged = becomes(&master, id, Is::Purged).await?;
        assert!(is_absent(data, id)? && !folder(data, id).exists());
        assert_eq!((purged.url.as_str(), purged.credentials_available), ("", false));
        assert_eq!(master.undelete_deployment(undelete).await.refused(Code::FailedPrecondition)?.reason, "DEPLOYMENT_PURGED");

        // It is listed only where somebody asks for what is purged, and its name is free again.
        let list = async |filter: String| anyhow::Ok(master.list_deployments(pb::ListDeploymentsRequest { filter, ..Default::default() }).await?);
        let of_tenant = format!("tenant_id = \"{}\"", acme.id);
        assert_eq!(list(of_tenant.clone()).await?.total_size, 1);
        assert_eq!(list(format!("{of_tenant} AND state = PURGED")).await?.deployments[0].id, id);
        let next = master.create_deployment(create(&acme.id, "lab")).await?;
        assert_ne!(next.id, id);
        becomes(&master, &next.id, Is::Running).await?;
        Ok(())
    }

    async fn a_plan_has_room_for_so_many(h: Harness) -> Result<()> {
        let acme = h.tenant("room").await?;
        let master = h.master();
        let mut preview = create(&acme.id, "a");
        preview.validate_only = true;
        assert_eq!(master.create_deployment(preview).await?.slug, format!("{}-a", acme.slug));
        let request = create(&acme.id, "a");
        let made = master.create_deployment(request.clone()).await?;
        assert_eq!(master.create_deployment(request).await?, made);
        let taken = master.create_deployment(create(&acme.id, "a")).await.refused(Code::AlreadyExists)?;
        assert_eq!(taken.reason, "DEPLOYMENT_SLUG_TAKEN");
        // Two calls at once want the last place.
        let (b, c) = tokio::join!(master.create_deployment(create(&acme.id, "b")), master.create_deployment(create(&acme.id, "c")));
        let (won, lost) = if b.is_ok() { (b, c) } else { (c, b) };
        won?;
        lost.refused(Code::ResourceExhausted)?;
        let mut wrong = create("ten_x", "No-");
        wrong.request_id.clear();
        let mut fields = master.create_deployment(wrong).await.violations()?;
        fields.sort();
        assert_eq!(fields, ["request_id", "suffix", "tenant_id"]);
        Ok(())
    }

    async fn deployments_follow_their_tenant(h: Harness) -> Result<()> {
        let acme = h.tenant("follow").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let lab = master.create_deployment(create(&acme.id, "lab")).await?.id;
        becomes(&master, &lab, Is::Running).await?;
        stop(h.admin(), &lab).await?;
        becomes(&master, &lab, Is::Stopped).await?;

        let tenant_id = acme.id.clone();
        let request = pb::SuspendTenantRequest { tenant_id: tenant_id.clone(), reason: "Unpaid".into(), ..Default::default() };
        master.suspend_tenant(request).await?;
        let held = becomes(&master, id, Is::Suspended).await?;
        assert_eq!(held.suspend_reason, "Unpaid");
        becomes(&master, &lab, Is::Suspended).await?;
        let request = pb::ResumeDeploymentRequest { deployment_id: id.into(), ..Default::default() };
        assert_eq!(master.resume_deployment(request).await.refused(Code::FailedPrecondition)?.reason, "TENANT_SUSPENDED");
        master.resume_tenant(pb::ResumeTenantRequest { tenant_id: tenant_id.clone(), ..Default::default() }).await?;
        becomes(&master, id, Is::Running).await?;
        becomes(&master, &lab, Is::Stopped).await?;

        let delete = pb::DeleteTenantRequest { tenant_id: tenant_id.clone(), confirm_slug: acme.slug.clone(), ..Default::default() };
        master.delete_tenant(delete).await?;
        becomes(&master, id, Is::Deleted).await?;
        becomes(&master, &lab, Is::Deleted).await?;
        let request = pb::UndeleteDeploymentRequest { deployment_id: id.into(), ..Default::default() };
        assert_eq!(master.undelete_deployment(request).await.refused(Code::FailedPrecondition)?.reason, "TENANT_DELETED");
        master.undelete_tenant(pb::UndeleteTenantRequest { tenant_id, ..Default::default() }).await?;
        becomes(&master, id, Is::Running).await?;
        becomes(&master, &lab, Is::Stopped).await?;
        Ok(())
    }

    async fn new_colours_restart_what_runs(h: Harness) -> Result<()> {
        let acme = h.tenant("colours").await?;
        let (master, id) = (h.master(), acme.deployment_id.as_str());
        let before = pid(&h.settings.data_dir, id)?;
        let branding = pb::BrandingSettings { product_name: "Rainbow Net".into(), primary_color: "#123456".into(), ..Default::default() };
        let request = pb::UpdateTenantSettingsRequest {
            settings: Some(pb::TenantSettings { tenant_id: acme.id.clone(), branding: Some(branding), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["branding.product_name".into(), "branding.primary_color".into()] }), ..Default::default() };
        acme.admin().tenant().update_tenant_settings(request).await?;
        let up = eventually("restarted", async || get(&master, id).await, |d| d.state() == Is::Running && d.observed_generation == 2).await?;
        assert_ne!(pid(&h.settings.data_dir, id)?, before);
        assert!(page(&up.url, "/").await?.contains("Rainbow Net"));
        assert_eq!((up.restarts, state(&h.settings.data_dir, id)?.generation), (0, 2));
        Ok(())
    }

    async fn what_it_uses_is_measured(h: Harness) -> Result<()> {
        let acme = h.tenant("measured").await?;
        let up = get(&h.master(), &acme.deployment_id).await?;
        let ask = async || {
            for _ in 0..3 {
                page(&up.url, "/").await?;
            }
            let request = pb::ListDeploymentSamplesRequest { deployment_id: up.id.clone(), after_time: None };
            anyhow::Ok(acme.admin().tenant().list_deployment_samples(request).await?.samples)
        };
        // Every fifteen seconds, and the first sight is only where counting begins: at the latest when the instance has said for the first time what it has counted.
        let begun = std::time::Instant::now();
        let (samples, sample) = loop {
            let samples = ask().await?;
            if let Some(sample) = samples.iter().find(|sample| sample.requests > 0) {
                break (samples.clone(), *sample);
            }
            anyhow::ensure!(begun.elapsed().as_secs() < 120, "no requests were measured: {samples:?}");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        };
        assert!(sample.memory_bytes > 1 << 20, "{sample:?}");
        assert!(sample.receive_bytes_per_second > 0 && sample.transmit_bytes_per_second > sample.receive_bytes_per_second, "{sample:?}");
        let later = pb::ListDeploymentSamplesRequest { deployment_id: up.id.clone(), after_time: samples.last().and_then(|s| s.time) };
        assert!(acme.admin().tenant().list_deployment_samples(later).await?.samples.len() <= 1);
        Ok(())
    }

    async fn a_deployment_of_another_tenant_is_not_found(h: Harness) -> Result<()> {
        let (acme, other) = (h.tenant("mine").await?, h.tenant("theirs").await?);
        let request = pb::RestartDeploymentRequest { request_id: request_id(), deployment_id: other.deployment_id.clone(), ..Default::default() };
        let foreign = acme.admin().tenant().restart_deployment(request.clone()).await.refused(Code::NotFound)?;
        let made_up = pb::RestartDeploymentRequest { deployment_id: format!("dep_{}", "0".repeat(32)), ..request };
        let made_up = acme.admin().tenant().restart_deployment(made_up).await.refused(Code::NotFound)?;
        assert_eq!((foreign.message, foreign.reason), (made_up.message, made_up.reason));
        let listed = acme.admin().tenant().list_deployments(pb::ListDeploymentsRequest::default()).await?;
        assert_eq!(listed.deployments.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), [acme.deployment_id.as_str()]);
        Ok(())
    }
}
