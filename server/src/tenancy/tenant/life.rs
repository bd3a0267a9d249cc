//! Suspend, resume, delete, undelete: what the vendor does with a tenant, and what follows for its instances and its bill in the same transaction.

use super::entity::{Entity, Model, TenantState};
use crate::{
    billing::subscription,
    convert::check_etag,
    cx::Cx,
    deployments::deployment,
    error::{Error, Result},
    id::TenantId,
    store::{Change, Platform, Tx},
    tenancy::{operation, purge},
};
use chrono::TimeDelta;

/// Which states can follow one another.
pub fn may_become(from: TenantState, to: TenantState) -> bool {
    use TenantState::{Active, Deleted, Failed, Onboarding, Purged, Suspended};
    match from {
        Onboarding => matches!(to, Active | Failed),
        Active => matches!(to, Suspended | Deleted),
        Suspended => matches!(to, Active | Deleted),
        Deleted => matches!(to, Active | Suspended | Purged),
        Purged | Failed => false,
    }
}

/// Refuses a state that cannot follow, in words.
pub(crate) fn check(tenant: &Model, to: TenantState) -> Result<()> {
    if may_become(tenant.state, to) {
        Ok(())
    } else {
        Err(refusal(tenant))
    }
}

fn refusal(tenant: &Model) -> Error {
    let message = match tenant.state {
        TenantState::Onboarding => "The tenant is still being set up. Wait until that has ended.",
        TenantState::Active => "The tenant is active.",
        TenantState::Suspended => "The tenant is suspended.",
        TenantState::Deleted => "The tenant is deleted. Take the deletion back first.",
        TenantState::Purged => "The tenant's data was removed for ever.",
        TenantState::Failed => "The tenant was never set up: its onboarding failed. Onboard it again.",
    };
    Error::precondition("TENANT_STATE", "tenant", message)
}

/// Refuses a tenant of which nothing is left that could be changed.
pub(crate) fn is_there(tenant: &Model) -> Result<()> {
    match tenant.state {
        TenantState::Purged | TenantState::Failed => Err(refusal(tenant)),
        _ => Ok(()),
    }
}

/// Reads the tenant for a change of its state. A deleted one is only taken back, by [`undelete`].
async fn lock(tx: &Tx<Platform>, id: TenantId, etag: &str, to: TenantState) -> Result<Model> {
    let tenant = tx.lock::<Entity>(id).await?;
    check_etag(etag, tenant.row_version)?;
    check(&tenant, to)?;
    if tenant.state == TenantState::Deleted {
        return Err(refusal(&tenant));
    }
    Ok(tenant)
}

/// Holds an active tenant: its instances go down, its bill stands still.
pub async fn suspend(cx: &Cx<Platform>, id: TenantId, reason: &str, etag: &str) -> Result<Model> {
    cx.change(Change::new("tenant.suspend"), async |tx| {
        let before = lock(tx, id, etag, TenantState::Suspended).await?;
        deployment::hold(tx, id, reason).await?;
        subscription::suspend(tx, id).await?;
        tx.update(&before, |t| {
            t.state = TenantState::Suspended;
            t.state_reason = reason.to_owned();
            t.updated_at = cx.business_now();
        })
        .await
    })
    .await
}

/// Ends a suspension.
pub async fn resume(cx: &Cx<Platform>, id: TenantId, etag: &str) -> Result<Model> {
    cx.change(Change::new("tenant.resume"), async |tx| {
        let before = lock(tx, id, etag, TenantState::Active).await?;
        if before.state != TenantState::Suspended {
            return Err(Error::precondition("TENANT_STATE", "tenant", "The tenant is not suspended."));
        }
        deployment::release(tx, id).await?;
        subscription::resume(tx, id, cx.app.settings.payment_term_days).await?;
        tx.update(&before, |t| {
            t.state = TenantState::Active;
            t.state_reason.clear();
            t.updated_at = cx.business_now();
        })
        .await
    })
    .await
}

/// Deletes a tenant. Its data is kept for the grace period.
pub async fn delete(cx: &Cx<Platform>, id: TenantId, confirm_slug: &str, etag: &str) -> Result<Model> {
    let grace = TimeDelta::days(i64::from(cx.app.settings.deletion_grace_days));
    cx.change(Change::new("tenant.delete"), async |tx| {
        let before = lock(tx, id, etag, TenantState::Deleted).await?;
        if confirm_slug != before.slug {
            return Err(Error::invalid("confirm_slug", "must be the tenant's slug"));
        }
        // The clock of deletions is the operational one: nobody moves it, so nothing is purged before its time.
        let (now, purge_at) = (cx.now(), cx.now() + grace);
        deployment::remove(tx, id, purge_at).await?;
        subscription::cancel(tx, id).await?;
        tx.update(&before, |t| {
            t.state = TenantState::Deleted;
            t.resume_state = before.state;
            t.deleted_at = Some(now);
            t.purge_at = Some(purge_at);
            t.updated_at = cx.business_now();
        })
        .await
    })
    .await
}

/// Takes a deletion back.
pub async fn undelete(cx: &Cx<Platform>, id: TenantId, etag: &str) -> Result<Model> {
    cx.change(Change::new("tenant.undelete"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        check_etag(etag, before.row_version)?;
        if before.state != TenantState::Deleted {
            return Err(Error::precondition("TENANT_STATE", "tenant", "The tenant is not deleted."));
        }
        operation::none_at_work(tx, id).await?;
        if purge::has_begun(tx, id).await? {
            let message = "The purge of the tenant has begun: its data may be gone already, and there is no way back.";
            return Err(Error::precondition("PURGE_BEGUN", "tenant", message));
        }
        deployment::restore(tx, id).await?;
        subscription::reinstate(tx, id, cx.app.settings.payment_term_days).await?;
        tx.update(&before, |t| {
            t.state = before.resume_state;
            t.deleted_at = None;
            t.purge_at = None;
            t.updated_at = cx.business_now();
        })
        .await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    #[test]
    fn what_has_ended_stays_so() {
        for to in TenantState::iter() {
            assert!(!may_become(TenantState::Purged, to) && !may_become(TenantState::Failed, to));
            assert!(!may_become(to, TenantState::Onboarding));
            assert!(!may_become(to, to));
        }
    }
}
