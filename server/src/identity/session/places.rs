//! The accounts that a person can sign in to.

use super::entity::Portal;
use crate::{
    cx::Cx,
    error::{Error, Result},
    id::UserId,
    identity::{
        account::Lookup,
        user::{Place, entity::UserState, membership},
    },
    store::Platform,
};
use sea_orm::Order;

/// The accounts of a person in a portal, the oldest role first. Roles that were not accepted and accounts that are gone are left out.
pub async fn of(cx: &Cx<Platform>, user: UserId, portal: Portal) -> Result<Vec<Place>> {
    let mut all = cx
        .find::<membership::Entity>()
        .with(membership::Column::UserId, user)
        .with(membership::Column::State, UserState::Active)
        .order(membership::Column::Id, Order::Asc)
        .all()
        .await?;
    all.retain(|m| m.role.portal() == portal);
    let mut accounts = Platform::accounts(cx, all.iter().map(membership::Model::account)).await?;
    let place = |membership: membership::Model| {
        let account = accounts.remove(&membership.account()).filter(|a| !a.gone)?;
        let name = account.name;
        Some(Place { membership, name })
    };
    Ok(all.into_iter().filter_map(place).collect())
}

/// The account with an id, or the first one where none is named.
pub fn choose(places: &[Place], id: &str) -> Result<Place> {
    let chosen = if id.is_empty() {
        places.first()
    } else {
        places.iter().find(|p| p.account_id() == id)
    };
    chosen.cloned().ok_or(Error::NotFound("account"))
}
