//! The purge of a deleted tenant: its instances, its users' roles, its settings; the books stay.

use super::{
    operation::{self, Operation, entity as operations, run::Outcome},
    settings::entity as settings,
    tenant::{
        self,
        entity::{Entity, TenantState},
    },
};
use crate::{
    convert::check_etag,
    cx::Cx,
    deployments::deployment,
    error::{Error, Result},
    id::TenantId,
    identity::user,
    store::{Change, Platform, Tx},
};
use chrono::TimeDelta;
use operations::OperationKind;
use sea_orm::{ColumnTrait, Condition, Order};

/// The steps, in order.
pub const STEPS: [&str; 3] = ["instances", "users", "data"];

/// How long a purge may take.
const WITHIN: TimeDelta = TimeDelta::hours(1);
/// After what time a purge that could not be done is begun again.
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// Which tenant is purged.
pub struct Purge {
    /// The tenant.
    pub id: TenantId,
    /// Its slug, typed again.
    pub confirm_slug: String,
    /// The version the caller has seen.
    pub etag: String,
}

/// Begins the purge of a deleted tenant.
pub async fn begin(cx: &Cx<Platform>, request: Purge) -> Result<Operation> {
    let Purge { id, confirm_slug, etag } = request;
    cx.change(Change::new("tenant.purge"), async |tx| {
        let tenant = tx.lock::<Entity>(id).await?;
        check_etag(&etag, tenant.row_version)?;
        if tenant.state != TenantState::Deleted {
            return Err(Error::precondition(
                "TENANT_STATE",
                "tenant",
                "Only a deleted tenant can be purged. Delete it first.",
            ));
        }
        if confirm_slug != tenant.slug {
            return Err(Error::invalid("confirm_slug", "must be the tenant's slug"));
        }
        operation::none_at_work(tx, id).await?;
        deployment::purge(tx, id).await?;
        operation::begin(tx, OperationKind::Purge, &tenant, serde_json::json!({}), WITHIN).await
    })
    .await
}

/// Begins the purge of tenants whose grace has ended. Part of the background work.
pub async fn tick(cx: &Cx<Platform>) -> Result<bool> {
    use tenant::entity::Column;
    // Not those that are being purged, or could not be a while ago.
    let tried = Condition::any()
        .add(operations::Column::State.is_in(operation::AT_WORK))
        .add(operations::Column::EndedAt.gt(cx.business_now() - AGAIN_AFTER));
    let tried = cx
        .find::<operations::Entity>()
        .with(operations::Column::Kind, OperationKind::Purge)
        .filter(tried)
        .all()
        .await?;
    let due = Condition::all()
        .add(Column::State.eq(TenantState::Deleted))
        .add(Column::PurgeAt.lte(cx.now()))
        .add(Column::Id.is_not_in(tried.iter().map(|o| o.tenant_id)));
    let rows = cx.find::<Entity>().filter(due).order(Column::PurgeAt, Order::Asc);
    for tenant in rows.limit(16).all().await? {
        let begun = cx
            .change(Change::new("tenant.purge"), async |tx| {
                let tenant = tx.lock::<Entity>(tenant.id).await?;
                tenant::check(&tenant, TenantState::Purged)?;
                deployment::purge(tx, tenant.id).await?;
                operation::begin(tx, OperationKind::Purge, &tenant, serde_json::json!({}), WITHIN).await
            })
            .await;
        if let Err(error) = begun {
            tracing::warn!(tenant = %tenant.id, %error, "the purge of the tenant did not begin");
        }
    }
    Ok(false)
}

/// Whether a tenant is being purged or was tried to be.
pub async fn has_begun(tx: &Tx<Platform>, tenant: TenantId) -> Result<bool> {
    let purges = Condition::all()
        .add(operations::Column::TenantId.eq(tenant))
        .add(operations::Column::Kind.eq(OperationKind::Purge));
    Ok(tx.find::<operations::Entity>().filter(purges).count().await? > 0)
}

/// Does one step of a purge.
pub async fn step(cx: &Cx<Platform>, tx: &Tx<Platform>, operation: &operations::Model, name: &str) -> Result<Outcome> {
    let id = operation.tenant_id;
    match name {
        "instances" => {
            return Ok(if deployment::all_purged(tx.find(), id).await? {
                Outcome::Done
            } else {
                Outcome::Wait("The instances are being removed.".into())
            });
        }
        "users" => {
            user::remove_all(tx, id).await?;
        }
        _ => {
            tx.erase::<settings::Entity>(settings::Column::TenantId.eq(id)).await?;
            // What was asked for when it was onboarded names people too.
            let onboardings = Condition::all()
                .add(operations::Column::TenantId.eq(id))
                .add(operations::Column::Kind.eq(OperationKind::Onboard));
            for onboarding in tx.lock_all::<operations::Entity>(onboardings).await? {
                tx.record_quietly(&onboarding, Condition::all(), |o| o.input = serde_json::json!({}))
                    .await?;
            }
            let tenant = tx.lock::<Entity>(id).await?;
            tx.update(&tenant, |t| {
                t.state = TenantState::Purged;
                t.contact_name.clear();
                t.contact_email.clear();
                t.contact_phone.clear();
                t.updated_at = cx.business_now();
            })
            .await?;
        }
    }
    Ok(Outcome::Done)
}
