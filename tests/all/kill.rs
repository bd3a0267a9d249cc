//! A server that is killed at each point of an onboarding, and started again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use portal_client::{Client, pb};
use tenantry_tests::{Harness, Instance, Site, both, eventually, finished, make, page};

const STEPS: [&str; 6] = ["tenant", "settings", "deployment", "health", "subscription", "invitation"];
/// Before the effect; after it and before it is committed; after that.
const MOMENTS: [&str; 3] = ["before", "after", "committed"];

both! {
    /// However the server ends, the next one finishes the onboarding, and everything is there once.
    async fn a_killed_onboarding_is_finished_once(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let shop = Shop::open(&site).await?;
        let mut paid = 0;
        for (step, moment) in STEPS.iter().flat_map(|step| MOMENTS.map(|moment| (step, moment))) {
            let point = format!("onboard.{step}.{moment}");
            paid += 1;
            finish(&site, &shop, &point, paid).await.with_context(|| point.clone())?;
        }
        site.trails_are_whole().await
    }

    /// A server that was away for too long takes back what was done, and nothing is left; also when it is killed while it does so.
    async fn a_killed_onboarding_that_is_too_late_is_undone(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let shop = Shop::open(&site).await?;
        for point in ["tenant.before", "deployment.committed", "health.committed", "subscription.after", "subscription.committed", "invitation.after"] {
            undo(&site, &shop, &format!("onboard.{point}"), "").await.with_context(|| point.to_owned())?;
        }
        undo(&site, &shop, "onboard.subscription.committed", "onboard.undo.after").await?;
        site.trails_are_whole().await
    }

    /// Instances run on while the server is away, and the next one takes them over as they are.
    async fn instances_outlive_the_server_and_are_adopted(h: Harness) -> Result<()> {
        let site = Site::new(h.database()).await?;
        let shop = Shop::open(&site).await?;
        let server = site.start("").await?;
        let begun = server.admin().await?.master().onboard_tenant(shop.request("adopted")).await?;
        let ended = finished(&server.admin().await?, &begun.id).await?;
        let pb::Deployment { url, observe_time, .. } = deployment(&server.admin().await?, &ended.deployment_id).await?;
        let before = site.instances()?;
        ensure!(before.len() == 1 && before[0].children.len() == 1, "{before:?}");

        server.kill();
        ensure!(is_served(&url).await, "the instance went down with the server");
        ensure!(site.instances()? == before);
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let healthy = |d: &pb::Deployment| d.state() == pb::DeploymentState::Running && d.observe_time != observe_time;
        let after = eventually("seen by the new server", async || deployment(&admin, &ended.deployment_id).await, healthy).await?;
        ensure!(after.restarts == 0, "{after:?}");
        tokio::time::sleep(Duration::from_secs(1)).await;
        ensure!(site.instances()? == before, "{:?} was {before:?}", site.instances()?);

        server.stop().await?;
        ensure!(site.instances()? == before && is_served(&url).await);
        Ok(())
    }
}

/// What tenants of these tests are put on.
struct Shop {
    plan_id: String,
    reseller_id: String,
}

impl Shop {
    async fn open(site: &Site) -> Result<Self> {
        let server = site.start("").await?;
        let admin = server.admin().await?;
        let plan_id = admin.master().create_plan(make::plan("shop")).await?.id;
        let reseller_id = admin.master().create_reseller(make::reseller("shop")).await?.id;
        server.stop().await?;
        Ok(Self { plan_id, reseller_id })
    }

    fn request(&self, slug: &str) -> pb::OnboardTenantRequest {
        let mut request = make::onboarding(slug, &self.plan_id);
        if let Some(tenant) = &mut request.tenant {
            tenant.reseller_id = self.reseller_id.clone();
        }
        request
    }
}

/// Onboards a tenant with a server that dies at a point.
async fn begin(site: &Site, shop: &Shop, point: &str) -> Result<pb::OnboardTenantRequest> {
    let request = shop.request(&point.replace('.', "-").replace("onboard", "isp"));
    let mut server = site.start(point).await?;
    // It may die before it answers.
    let _ = server.admin().await?.master().onboard_tenant(request.clone()).await;
    server.died().await?;
    Ok(request)
}

async fn finish(site: &Site, shop: &Shop, point: &str, paid: usize) -> Result<()> {
    let request = begin(site, shop, point).await?;
    let server = site.start("").await?;
    let admin = server.admin().await?;
    let begun = admin.master().onboard_tenant(request).await?;
    let ended = finished(&admin, &begun.id).await?;
    ensure!(ended.state() == pb::OperationState::Succeeded, "{ended:#?}");
    let all = Belongings::of(&admin, &ended.tenant_id).await?;
    ensure!(all.tenant.state() == pb::TenantState::Active, "{:?}", all.tenant);
    ensure!(all.counts() == [1, 1, 1, 1, 1], "{:?}", all.counts());
    ensure!(all.deployments[0].state() == pb::DeploymentState::Running && is_served(&all.deployments[0].url).await);
    ensure!(all.subscriptions[0].state() == pb::SubscriptionState::Active);
    let (instances, running) = (site.instances()?, &all.deployments[0].id);
    let mine: Vec<&Instance> = instances.iter().filter(|i| i.deployment == *running).collect();
    ensure!(mine.len() == 1 && mine[0].children.len() == 1, "{mine:?}");

    // The numbers of the invoices have no gap, and the reseller earns once.
    let invoice = &all.invoices[0];
    ensure!(invoice.number.ends_with(&format!("-{paid:06}")), "{}", invoice.number);
    admin
        .master()
        .record_payment(make::payment(&invoice.id, invoice.amount_due.clone().unwrap_or_default()))
        .await?;
    let filter = format!("customer_id = \"{}\"", ended.tenant_id);
    let earned = admin
        .master()
        .list_commissions(pb::ListCommissionsRequest {
            filter,
            ..Default::default()
        })
        .await?;
    ensure!(earned.total_size == 1, "{earned:?}");

    // The fewer run, the quicker is the next server.
    stop_instance(&admin, running).await?;
    server.stop().await
}

async fn undo(site: &Site, shop: &Shop, point: &str, and_then: &str) -> Result<()> {
    let mut request = begin(site, shop, point).await?;
    // As when a server was away for long.
    site.write("UPDATE operation SET deadline_at = created_at").await?;
    if !and_then.is_empty() {
        site.start(and_then).await?.died().await?;
    }
    let server = site.start("").await?;
    let admin = server.admin().await?;
    let begun = admin.master().onboard_tenant(request.clone()).await?;
    let ended = finished(&admin, &begun.id).await?;
    ensure!(ended.state() == pb::OperationState::Failed, "{ended:#?}");
    let error = ended.error.clone().unwrap_or_default();
    ensure!(
        !error.step.is_empty() && !error.message.is_empty() && !error.hint.is_empty(),
        "{error:?}"
    );
    let all = Belongings::of(&admin, &ended.tenant_id).await?;
    ensure!(all.tenant.state() == pb::TenantState::Failed, "{:?}", all.tenant);
    ensure!(
        all.deployments.is_empty() && all.users.is_empty(),
        "{:?} {:?}",
        all.deployments,
        all.users
    );
    ensure!(all.subscriptions.iter().all(|s| s.end_time.is_some()), "{:?}", all.subscriptions);
    ensure!(
        all.invoices.iter().all(|i| i.state() == pb::InvoiceState::Void),
        "{:?}",
        all.invoices
    );
    ensure!(site.instances()?.is_empty(), "{:?}", site.instances()?);
    let known = admin
        .master()
        .list_deployments(pb::ListDeploymentsRequest::default())
        .await?
        .deployments;
    let folders = std::fs::read_dir(site.settings.data_dir.join("deployments"));
    let left: Vec<_> = folders.into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
    ensure!(left.iter().all(|folder| known.iter().any(|d| folder == d.id.as_str())), "{left:?}");

    // The same again, with another name, works.
    request.request_id = portal_client::request_id();
    if let Some(tenant) = &mut request.tenant {
        tenant.slug.push_str(if and_then.is_empty() { "-2" } else { "-3" });
    }
    let begun = admin.master().onboard_tenant(request).await?;
    let ended = finished(&admin, &begun.id).await?;
    ensure!(ended.state() == pb::OperationState::Succeeded, "{ended:#?}");
    stop_instance(&admin, &ended.deployment_id).await?;
    server.stop().await
}

/// All that a tenant has.
struct Belongings {
    tenant: pb::Tenant,
    deployments: Vec<pb::Deployment>,
    subscriptions: Vec<pb::Subscription>,
    invoices: Vec<pb::Invoice>,
    users: Vec<pb::User>,
    operations: i64,
}

impl Belongings {
    async fn of(admin: &Client, id: &str) -> Result<Self> {
        let (calls, filter) = (admin.master(), format!("tenant_id = \"{id}\""));
        let members = pb::ListUsersRequest {
            tenant_id: id.into(),
            ..Default::default()
        };
        let tenant = calls.get_tenant(pb::GetTenantRequest { tenant_id: id.into() }).await?;
        Ok(Self {
            tenant,
            deployments: calls
                .list_deployments(pb::ListDeploymentsRequest {
                    filter: filter.clone(),
                    ..Default::default()
                })
                .await?
                .deployments,
            subscriptions: calls
                .list_subscriptions(pb::ListSubscriptionsRequest {
                    filter: filter.clone(),
                    ..Default::default()
                })
                .await?
                .subscriptions,
            invoices: calls
                .list_invoices(pb::ListInvoicesRequest {
                    filter: filter.clone(),
                    ..Default::default()
                })
                .await?
                .invoices,
            users: calls.list_users(members).await?.users,
            operations: calls
                .list_operations(pb::ListOperationsRequest {
                    filter,
                    ..Default::default()
                })
                .await?
                .total_size,
        })
    }

    fn counts(&self) -> [usize; 5] {
        let operations = usize::try_from(self.operations).unwrap_or_default();
        [
            self.deployments.len(),
            self.subscriptions.len(),
            self.invoices.len(),
            self.users.len(),
            operations,
        ]
    }
}

async fn deployment(admin: &Client, id: &str) -> Result<pb::Deployment> {
    Ok(admin
        .master()
        .get_deployment(pb::GetDeploymentRequest { deployment_id: id.into() })
        .await?)
}

async fn stop_instance(admin: &Client, id: &str) -> Result<()> {
    let request = pb::StopDeploymentRequest {
        deployment_id: id.into(),
        ..Default::default()
    };
    admin.master().stop_deployment(request).await?;
    let stopped = |d: &pb::Deployment| d.state() == pb::DeploymentState::Stopped;
    eventually("stopped", async || deployment(admin, id).await, stopped)
        .await
        .map(|_| ())
}

/// Whether the instance answers.
async fn is_served(url: &str) -> bool {
    page(url, "/healthz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}
