//! The steps of an onboarding. Each is done inside the transaction that marks it as done.

use super::Input;
use crate::{
    billing::{
        plan::{entity as plans, price},
        subscription,
    },
    cx::Cx,
    deployments::deployment::{
        self, Credentials,
        entity::{DeploymentState, Entity as Deployments, Problem},
    },
    error::{Error, Result},
    id::TenantId,
    identity::user::{self, NewUser, membership::Role},
    store::{Platform, Tx},
    tenancy::{
        operation::{
            entity as operations,
            run::{Failure, Outcome},
        },
        settings,
        tenant::entity::{Entity as Tenants, TenantState},
    },
};
use sea_orm::ColumnTrait;

/// The steps, in order. The tenant itself is reserved with the operation, so that a taken name is told at once.
pub const STEPS: [&str; 6] = ["tenant", "settings", "deployment", "health", "subscription", "invitation"];

fn input(operation: &operations::Model) -> Result<Input> {
    Ok(serde_json::from_value(operation.input.clone())?)
}

/// What a step needs and what takes long: it is made before the transaction begins.
pub async fn prepare(_: &Cx<Platform>, _: &operations::Model, name: &str) -> Result<Option<Credentials>> {
    Ok(if name == "deployment" {
        Some(Credentials::make().await?)
    } else {
        None
    })
}

/// How often an instance may end by itself before it is given up.
const TRIES: i64 = 3;

/// Does one step.
pub async fn step(
    cx: &Cx<Platform>,
    tx: &Tx<Platform>,
    operation: &mut operations::Model,
    name: &str,
    credentials: Option<&Credentials>,
) -> Result<Outcome> {
    let id = operation.tenant_id;
    let wanted = input(operation)?;
    let tenant = tx.find::<Tenants>().get(id).await?;
    match name {
        // The row was written with the operation.
        "tenant" => {}
        "settings" => settings::create(tx, id, &wanted.settings).await?,
        "deployment" => {
            let plan = tx.find::<plans::Entity>().get(wanted.plan_id).await?;
            let credentials = credentials.ok_or_else(|| Error::internal(anyhow::anyhow!("no credentials were made")))?;
            let slug = tenant.slug.clone();
            operation.deployment_id = Some(deployment::create(tx, &tenant, slug, &plan, &cx.app.node, credentials).await?.id);
        }
        "health" => {
            let deployment = operation
                .deployment_id
                .ok_or_else(|| Error::internal(anyhow::anyhow!("the operation has no deployment")))?;
            let deployment = tx.find::<Deployments>().get(deployment).await?;
            return Ok(match (deployment.seen(cx.now()), deployment.error) {
                (DeploymentState::Running, _) => Outcome::Done,
                (DeploymentState::Failed, Some(Problem { message, hint, .. })) if deployment.restarts >= TRIES => {
                    Outcome::Failed(Failure {
                        step: name.into(),
                        reason: "DEPLOYMENT_NOT_HEALTHY".into(),
                        message,
                        hint,
                    })
                }
                (_, Some(problem)) => Outcome::Wait(problem.message),
                (state, None) => Outcome::Wait(format!("The instance is {state}.")),
            });
        }
        "subscription" => {
            let price = tx.find::<price::Entity>().with(price::Column::Id, wanted.price_id).first().await?;
            let price = price.ok_or(Error::NotFound("price"))?;
            subscription::open(tx, &tenant, &price, wanted.anchor_day).await?;
            subscription::activate(tx, id, cx.app.settings.payment_term_days).await?;
        }
        _ => {
            let new = NewUser {
                email: wanted.admin_email,
                display_name: wanted.admin_name,
                role: Role::TenantAdmin,
                tenant_id: Some(id),
                reseller_id: None,
            };
            user::invite(tx, &new).await?;
            tx.update(&tenant, |t| {
                t.state = TenantState::Active;
                t.updated_at = cx.business_now();
            })
            .await?;
        }
    }
    Ok(Outcome::Done)
}

/// What to do about what is wrong with the instance, if anything is.
pub async fn hint(cx: &Cx<Platform>, operation: &operations::Model) -> Result<Option<String>> {
    let Some(id) = operation.deployment_id else { return Ok(None) };
    let deployment = cx.find::<Deployments>().get(id).await?;
    Ok(deployment.error.map(|problem| problem.hint))
}

/// What must stop at once when an onboarding is taken back: billing, and the instance with its data.
pub async fn stop(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    subscription::discard(tx, tenant).await?;
    deployment::purge(tx, tenant).await
}

/// Takes the rest back, when no instance is left.
pub async fn take_back(cx: &Cx<Platform>, tx: &Tx<Platform>, operation: &operations::Model) -> Result<()> {
    let id = operation.tenant_id;
    user::remove_all(tx, id).await?;
    tx.erase::<settings::entity::Entity>(settings::entity::Column::TenantId.eq(id))
        .await?;
    let tenant = tx.lock::<Tenants>(id).await?;
    let reason = operation
        .error
        .as_ref()
        .and_then(|e| e["message"].as_str())
        .unwrap_or_default()
        .to_owned();
    tx.update(&tenant, |t| {
        t.state = TenantState::Failed;
        t.state_reason = reason.clone();
        t.updated_at = cx.business_now();
    })
    .await?;
    Ok(())
}
