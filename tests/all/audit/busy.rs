//! After a busy run over two servers every trail is whole.

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use portal_client::{Client, Code, pb};
use tenantry::{keys, store};
use tenantry_tests::{Database, Site, finished, make, run};

/// How often each of them does it.
const TIMES: usize = 12;

/// Changes a reseller with an etag that somebody else may have used up meanwhile.
async fn rename(client: &Client, id: &str, turn: usize) -> Result<bool> {
    let reseller = client
        .master()
        .get_reseller(pb::GetResellerRequest {
            reseller_id: id.to_owned(),
        })
        .await?;
    let request = pb::UpdateResellerRequest {
        reseller: Some(pb::Reseller {
            display_name: format!("Turn {turn}"),
            ..reseller
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["display_name".into()],
        }),
        ..Default::default()
    };
    match client.master().update_reseller(request).await {
        Ok(_) => Ok(true),
        Err(error) if error.code == Code::Aborted => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[test]
fn after_a_busy_run_on_two_servers_every_trail_is_whole_postgres() -> Result<()> {
    run(Database::Postgres, async |h| {
        let here = Site::new(h.database()).await?;
        let there = here.beside()?;
        let (first, second) = (here.start("").await?, there.start("").await?);
        let clients = [first.admin().await?, second.admin().await?];
        let master = clients[0].master();
        let plan = master.create_plan(make::plan("busy")).await?;
        let make_reseller = |number: usize| master.create_reseller(make::reseller(&format!("busy-{number}")));
        let resellers = try_join_all((0..3).map(make_reseller)).await?;
        let onboard = async |number: usize| {
            let mut request = make::onboarding(&format!("busy-{number}"), &plan.id);
            request.tenant.as_mut().context("a tenant")?.reseller_id = resellers[number].id.clone();
            // The same request on both servers has one effect.
            let client = &clients[number % 2];
            let (one, other) = tokio::try_join!(
                clients[0].master().onboard_tenant(request.clone()),
                clients[1].master().onboard_tenant(request)
            )?;
            ensure!(one.id == other.id);
            finished(client, &one.id).await
        };
        let tenants = try_join_all((0..3).map(onboard)).await?;

        let work = async |turn: usize| {
            let (client, number) = (&clients[turn % 2], turn / 2 % 3);
            let filter = format!("tenant_id = {}", tenants[number].tenant_id);
            let invoices = client
                .master()
                .list_invoices(pb::ListInvoicesRequest {
                    filter,
                    ..Default::default()
                })
                .await?
                .invoices;
            // Into the trails of a tenant and of its reseller at once, while others write in either.
            let payment = make::payment(&invoices.first().context("an invoice")?.id, make::money("EUR", 1));
            let (one, other) = tokio::try_join!(
                client.master().record_payment(payment.clone()),
                clients[0].master().record_payment(payment)
            )?;
            ensure!(one.id == other.id);
            let renamed = rename(client, &resellers[number].id, turn).await?;
            let refused = client
                .master()
                .purge_tenant(pb::PurgeTenantRequest {
                    tenant_id: tenants[number].tenant_id.clone(),
                    ..Default::default()
                })
                .await;
            ensure!(refused.is_err());
            Ok(renamed)
        };
        let mut renamed = 0;
        for round in 0..TIMES {
            let done: Vec<bool> = try_join_all((0..6).map(|turn| work(round * 6 + turn))).await?;
            renamed += done.into_iter().filter(|yes| *yes).count();
        }
        ensure!(renamed > TIMES, "{renamed} changes got through");

        let sealer = keys::load(&here.settings.keys_dir())?.sealer;
        let report = store::verify(&here.settings.database(), &sealer, None).await?;
        ensure!(report.findings.is_empty() && report.trails == 7, "{report:#?}");
        ensure!(report.entries > (TIMES * 6 * 4) as i64, "{} entries", report.entries);
        println!("{} entries in {} trails", report.entries, report.trails);
        Ok(())
    })
}
