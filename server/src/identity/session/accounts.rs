//! The accounts that a person can sign in to.

use super::entity::Portal;
use crate::{
    error::{Error, Result},
    id::UserId,
    identity::user::{entity::UserState, membership},
    partners::reseller::entity as reseller,
    store::{Db, Platform},
    tenancy::tenant::entity as tenant,
};
use sea_orm::{ColumnTrait, Order};
use tenant::TenantState;

/// An account of a person: the platform, a tenant or a reseller, with the role there.
#[derive(Clone, Debug)]
pub struct Account {
    /// The role.
    pub membership: membership::Model,
    /// The tenant's or reseller's id; empty for the platform.
    pub id: String,
    /// What it is called; empty for the platform, which goes by the vendor's name.
    pub display_name: String,
}

/// The accounts of a person in a portal, the oldest first. Roles that were not accepted and accounts that are gone are left out.
pub async fn of(db: &Db<Platform>, user: UserId, portal: Portal) -> Result<Vec<Account>> {
    let all = db
        .find::<membership::Entity>()
        .with(membership::Column::UserId, user)
        .with(membership::Column::State, UserState::Active)
        .order(membership::Column::Id, Order::Asc)
        .all()
        .await?;
    let mine: Vec<_> = all.into_iter().filter(|m| m.role.portal() == portal).collect();
    match portal {
        Portal::Master => Ok(mine
            .into_iter()
            .map(|membership| Account {
                membership,
                id: String::new(),
                display_name: String::new(),
            })
            .collect()),
        Portal::Tenant => {
            let gone = [TenantState::Deleted, TenantState::Purged, TenantState::Failed];
            let ids = mine.iter().filter_map(|m| m.tenant_id);
            let tenants = db
                .find::<tenant::Entity>()
                .among(ids)
                .filter(tenant::Column::State.is_not_in(gone))
                .all()
                .await?;
            let account = |membership: membership::Model| {
                let tenant = tenants.iter().find(|t| Some(t.id) == membership.tenant_id)?;
                Some(Account {
                    id: tenant.id.to_string(),
                    display_name: tenant.display_name.clone(),
                    membership,
                })
            };
            Ok(mine.into_iter().filter_map(account).collect())
        }
        Portal::Reseller => {
            let resellers = db
                .find::<reseller::Entity>()
                .among(mine.iter().filter_map(|m| m.reseller_id))
                .all()
                .await?;
            let account = |membership: membership::Model| {
                let reseller = resellers.iter().find(|r| Some(r.id) == membership.reseller_id)?;
                Some(Account {
                    id: reseller.id.to_string(),
                    display_name: reseller.display_name.clone(),
                    membership,
                })
            };
            Ok(mine.into_iter().filter_map(account).collect())
        }
    }
}

/// The account with an id, or the first one where none is named.
pub fn choose(accounts: &[Account], id: &str) -> Result<Account> {
    let chosen = if id.is_empty() {
        accounts.first()
    } else {
        accounts.iter().find(|a| a.id == id)
    };
    chosen.cloned().ok_or(Error::NotFound("account"))
}
