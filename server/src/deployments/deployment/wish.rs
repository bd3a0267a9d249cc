//! What people and programs wish of a deployment. Each wish is a change of its row; [`crate::deployments::reconcile`] makes it so.

use super::{
    Credentials, Seen,
    entity::{Cause, Column, DeploymentState, DesiredState, Entity, Model},
    may::{Verb, may},
    slug_is_free, turn,
    with_tenant::{delete as remove, erase, undelete as restore},
};
use crate::{
    billing::subscription,
    convert::check_etag,
    cx::Cx,
    error::{Error, Result},
    id::{DeploymentId, TenantId},
    store::{Change, Owned, Platform, Scope, Tx, Visible},
    tenancy::tenant::entity::{self as tenant, TenantState},
};
use chrono::TimeDelta;
use sea_orm::ColumnTrait;

/// A further deployment to be made.
pub struct NewDeployment {
    /// Whether only to tell what would be.
    pub preview: bool,
    /// Whose it will be.
    pub tenant_id: TenantId,
    /// What follows the tenant's slug in its own.
    pub suffix: String,
}

/// A deployment as a caller names it.
pub struct Target {
    /// Its id.
    pub id: DeploymentId,
    /// The version the caller has seen; empty for any.
    pub etag: String,
}

async fn wish<S: Scope>(cx: &Cx<S>, what: Change, work: impl AsyncFnOnce(&Tx<S>) -> Result<Model>) -> Result<Seen> {
    let at = cx.now();
    cx.change(what, async |tx| Ok(Seen { row: work(tx).await?, at })).await
}

/// Makes a further deployment for an active tenant whose plan leaves room.
pub async fn create_further(cx: &Cx<Platform>, new: NewDeployment) -> Result<Seen> {
    let credentials = Credentials::make().await?;
    wish(cx, Change::new("deployment.create").preview(new.preview), async |tx| {
        // The lock keeps two calls at once from both taking the last place.
        let tenant = tx.lock::<tenant::Entity>(new.tenant_id).await?;
        if tenant.state != TenantState::Active {
            let message = format!(
                "The tenant is {}. Only an active tenant can have a further deployment.",
                tenant.state
            );
            return Err(Error::precondition("TENANT_NOT_ACTIVE", "tenant", message));
        }
        let plan = subscription::plan_of(tx, tenant.id).await?.ok_or_else(|| {
            let message = "The tenant has no subscription, so there is no plan that covers a deployment.";
            Error::precondition("NO_SUBSCRIPTION", "tenant", message)
        })?;
        let has = tx
            .find::<Entity>()
            .with(Column::TenantId, tenant.id)
            .filter(Column::State.ne(DeploymentState::Purged));
        if has.count().await? >= plan.deployments {
            let message = format!(
                "The tenant has all the deployments that the plan {:?} allows, deleted ones included: {}.",
                plan.display_name, plan.deployments
            );
            return Err(Error::Exhausted("deployments".into(), message, None));
        }
        let slug = format!("{}-{}", tenant.slug, new.suffix);
        let named_so = tx.find::<tenant::Entity>().with(tenant::Column::Slug, slug.as_str());
        let tenant_has_it = named_so.filter(tenant::Column::State.is_not_in([TenantState::Purged, TenantState::Failed]));
        if tenant_has_it.first().await?.is_some() || !slug_is_free(tx.find(), &slug).await? {
            return Err(Error::Exists("deployment", "suffix", "DEPLOYMENT_SLUG_TAKEN"));
        }
        super::create(tx, &tenant, slug, &plan, &cx.app.node, &credentials).await
    })
    .await
}

/// The row, which nobody else can change until the transaction ends, if the state of things allows what is wished. The tenant is locked first, so that nothing
/// that happens to it comes in between.
pub(super) async fn open<S: Scope>(tx: &Tx<S>, target: &Target, verb: Verb) -> Result<(tenant::Model, Model)>
where
    Entity: Visible<S>,
    tenant::Entity: Visible<S>,
{
    let row = tx.find::<Entity>().get(target.id).await?;
    let tenant = tx.lock::<tenant::Entity>(row.tenant_id).await?;
    let row = tx.lock::<Entity>(target.id).await?;
    check_etag(&target.etag, row.row_version)?;
    may(verb, tenant.state, &row)?;
    Ok((tenant, row))
}

/// Shall run.
pub async fn start<S: Scope>(cx: &Cx<S>, target: Target) -> Result<Seen>
where
    Entity: Owned<S>,
    tenant::Entity: Visible<S>,
{
    wish(cx, Change::new("deployment.start"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Start).await?;
        turn(tx, &row, |row| row.desired_state = DesiredState::Running).await
    })
    .await
}

/// Shall be stopped.
pub async fn stop<S: Scope>(cx: &Cx<S>, target: Target) -> Result<Seen>
where
    Entity: Owned<S>,
    tenant::Entity: Visible<S>,
{
    wish(cx, Change::new("deployment.stop"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Stop).await?;
        turn(tx, &row, |row| row.desired_state = DesiredState::Stopped).await
    })
    .await
}

/// Shall end and run again.
pub async fn restart<S: Scope>(cx: &Cx<S>, target: Target) -> Result<Seen>
where
    Entity: Owned<S>,
    tenant::Entity: Visible<S>,
{
    wish(cx, Change::new("deployment.restart"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Restart).await?;
        turn(tx, &row, |row| row.restart_generation = row.generation + 1).await
    })
    .await
}

/// Shall be held.
pub async fn suspend(cx: &Cx<Platform>, target: Target, reason: &str) -> Result<Seen> {
    wish(cx, Change::new("deployment.suspend"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Suspend).await?;
        turn(tx, &row, |row| {
            row.resume_state = row.desired_state;
            row.desired_state = DesiredState::Suspended;
            row.held_by = Some(Cause::Deployment);
            row.suspend_reason = reason.to_owned();
        })
        .await
    })
    .await
}

/// Shall be what it was before the suspension.
pub async fn resume(cx: &Cx<Platform>, target: Target) -> Result<Seen> {
    wish(cx, Change::new("deployment.resume"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Resume).await?;
        turn(tx, &row, |row| {
            row.desired_state = row.resume_state;
            row.held_by = None;
            row.suspend_reason = String::new();
        })
        .await
    })
    .await
}

/// Shall be gone, which can be taken back for some days. Like a tenant's, the grace is counted by the operational clock: nobody moves it, so nothing is purged
/// before its time.
pub async fn delete(cx: &Cx<Platform>, target: Target, confirm_slug: &str) -> Result<Seen> {
    let purge_at = cx.now() + TimeDelta::days(cx.app.settings.deletion_grace_days.into());
    wish(cx, Change::new("deployment.delete"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Delete).await?;
        confirm(&row, confirm_slug)?;
        remove(tx, &row, Cause::Deployment, purge_at).await
    })
    .await
}

/// Takes a deletion back. It comes back stopped, or held where it or its tenant is suspended.
pub async fn undelete(cx: &Cx<Platform>, target: Target) -> Result<Seen> {
    wish(cx, Change::new("deployment.undelete"), async |tx| {
        let (tenant, row) = open(tx, &target, Verb::Undelete).await?;
        if row.purge_at.is_some_and(|at| at <= cx.now()) {
            let message = "The deletion cannot be taken back any more: its grace has ended.";
            return Err(Error::precondition("GRACE_ENDED", "deployment", message));
        }
        let row = restore(tx, &row, DesiredState::Stopped).await?;
        if tenant.state != TenantState::Suspended || row.held_by.is_some() {
            return Ok(row);
        }
        turn(tx, &row, |row| {
            row.desired_state = DesiredState::Suspended;
            row.held_by = Some(Cause::Tenant);
            row.suspend_reason = tenant.state_reason.clone();
        })
        .await
    })
    .await
}

/// Shall leave nothing, now.
pub async fn purge(cx: &Cx<Platform>, target: Target, confirm_slug: &str) -> Result<Seen> {
    wish(cx, Change::new("deployment.purge"), async |tx| {
        let (_, row) = open(tx, &target, Verb::Purge).await?;
        confirm(&row, confirm_slug)?;
        erase(tx, &row).await
    })
    .await
}

fn confirm(row: &Model, slug: &str) -> Result<()> {
    if row.slug == slug {
        return Ok(());
    }
    Err(Error::invalid("confirm_slug", "must be the deployment's slug"))
}

/// Purges the next deployment of this node that was deleted by itself and whose grace has ended; whether there was one. Those that were deleted with their tenant
/// go with it.
pub async fn purge_next(cx: &Cx<Platform>) -> Result<bool> {
    let now = cx.now();
    let ended = cx
        .find::<Entity>()
        .with(Column::Node, cx.app.node.as_str())
        .with(Column::DeletedBy, Cause::Deployment)
        .filter(Column::DesiredState.ne(DesiredState::Absent))
        .filter(Column::PurgeAt.lte(now));
    let Some(found) = ended.first().await? else { return Ok(false) };
    cx.change(Change::new("deployment.purge"), async |tx| {
        let row = tx.lock::<Entity>(found.id).await?;
        // Somebody may have taken it back a moment ago.
        if row.deleted_at.is_none() || row.purge_at.is_none_or(|at| at > now) {
            return Err(Error::Stale);
        }
        erase(tx, &row).await
    })
    .await?;
    Ok(true)
}
