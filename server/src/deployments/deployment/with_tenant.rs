//! What happens to deployments with their tenant. Each of these changes nothing where it was done before.

use super::{
    entity::{Cause, Column, DeploymentState, DesiredState, Entity, Model},
    turn,
};
use crate::{
    clock::Time,
    error::Result,
    id::TenantId,
    store::{Owned, Platform, Rows, Scope, Tx},
};
use sea_orm::{ColumnTrait, Condition};

/// The deployments of a tenant that still have something to lose, which nobody else can change until the transaction ends.
async fn of<S: Scope>(tx: &Tx<S>, tenant: TenantId) -> Result<Vec<Model>>
where
    Entity: Owned<S>,
{
    let of_tenant = Condition::all()
        .add(Column::TenantId.eq(tenant))
        .add(Column::DesiredState.ne(DesiredState::Absent));
    tx.lock_all::<Entity>(of_tenant).await
}

/// The tenant was suspended: its deployments are held, but for those that are held by themselves or deleted.
pub async fn hold(tx: &Tx<Platform>, tenant: TenantId, reason: &str) -> Result<()> {
    for row in of(tx, tenant).await? {
        if row.held_by.is_none() && row.deleted_at.is_none() {
            turn(tx, &row, |row| {
                row.resume_state = row.desired_state;
                row.desired_state = DesiredState::Suspended;
                row.held_by = Some(Cause::Tenant);
                row.suspend_reason = reason.to_owned();
            })
            .await?;
        }
    }
    Ok(())
}

/// The tenant was resumed: what was held with it becomes what it was.
pub async fn release(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    for row in of(tx, tenant).await? {
        if row.held_by == Some(Cause::Tenant) {
            turn(tx, &row, |row| {
                row.held_by = None;
                row.suspend_reason = String::new();
                if row.deleted_at.is_none() {
                    row.desired_state = row.resume_state;
                }
            })
            .await?;
        }
    }
    Ok(())
}

/// The tenant was deleted, which can be taken back until `purge_at`: its deployments stop, and their data is kept.
pub async fn remove(tx: &Tx<Platform>, tenant: TenantId, purge_at: Time) -> Result<()> {
    for row in of(tx, tenant).await? {
        if row.deleted_at.is_none() {
            delete(tx, &row, Cause::Tenant, purge_at).await?;
        }
    }
    Ok(())
}

/// The deletion of the tenant was taken back: what was deleted with it becomes what it was.
pub async fn restore(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    for row in of(tx, tenant).await? {
        if row.deleted_by == Some(Cause::Tenant) {
            undelete(tx, &row, row.resume_state).await?;
        }
    }
    Ok(())
}

/// The tenant is purged, or its onboarding is taken back: all of its data is removed now. [`all_purged`] tells when that is proven.
pub async fn purge(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    for row in of(tx, tenant).await? {
        erase(tx, &row).await?;
    }
    Ok(())
}

/// The name or the colours of the tenant have changed: its running instances start again with the new ones, the others do when they are started.
pub async fn rebrand<S: Scope>(tx: &Tx<S>, tenant: TenantId) -> Result<()>
where
    Entity: Owned<S>,
{
    for row in of(tx, tenant).await? {
        if row.desired_state == DesiredState::Running {
            turn(tx, &row, |row| row.restart_generation = row.generation + 1).await?;
        }
    }
    Ok(())
}

/// Whether nothing is left of any deployment of a tenant: `rows` is where to look, `tx.find()` or `cx.find()`.
pub async fn all_purged(rows: Rows<'_, Platform, Entity>, tenant: TenantId) -> Result<bool> {
    let left = rows
        .with(Column::TenantId, tenant)
        .filter(Column::State.ne(DeploymentState::Purged));
    Ok(left.first().await?.is_none())
}

/// Deletes: it shall be stopped until the deletion is taken back or its grace ends.
pub(super) async fn delete(tx: &Tx<Platform>, row: &Model, by: Cause, purge_at: Time) -> Result<Model> {
    let now = tx.db().clock().now();
    turn(tx, row, |row| {
        if row.held_by.is_none() {
            row.resume_state = row.desired_state;
        }
        row.desired_state = DesiredState::Stopped;
        row.deleted_by = Some(by);
        row.deleted_at = Some(now);
        row.purge_at = Some(purge_at);
    })
    .await
}

/// Takes a deletion back. A suspension from before it lasts; else it becomes `state`.
pub(super) async fn undelete(tx: &Tx<Platform>, row: &Model, state: DesiredState) -> Result<Model> {
    turn(tx, row, |row| {
        row.resume_state = state;
        row.desired_state = if row.held_by.is_some() { DesiredState::Suspended } else { state };
        row.deleted_by = None;
        row.deleted_at = None;
        row.purge_at = None;
    })
    .await
}

/// Shall leave nothing, from now on and for ever.
pub(super) async fn erase(tx: &Tx<Platform>, row: &Model) -> Result<Model> {
    let now = tx.db().clock().now();
    turn(tx, row, |row| {
        row.desired_state = DesiredState::Absent;
        row.deleted_by = row.deleted_by.or(Some(Cause::Deployment));
        row.deleted_at = row.deleted_at.or(Some(now));
        row.purge_at = Some(now);
        row.sealed_password = None;
        row.admin_password_hash.clear();
        row.admin_email.clear();
    })
    .await
}
