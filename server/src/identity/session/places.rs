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
use sea_orm::{ColumnTrait, Order};
use std::collections::HashMap;

/// The accounts of a person in a portal, the oldest role first. Roles that were not accepted and accounts that are gone are left out.
pub async fn of(cx: &Cx<Platform>, user: UserId, portal: Portal) -> Result<Vec<Place>> {
    let mut places = of_all(cx, [user]).await?.remove(&user).unwrap_or_default();
    places.retain(|place| place.membership.role.portal() == portal);
    Ok(places)
}

/// Those of some persons, in all portals.
pub async fn of_all(cx: &Cx<Platform>, users: impl IntoIterator<Item = UserId>) -> Result<HashMap<UserId, Vec<Place>>> {
    let all = cx
        .find::<membership::Entity>()
        .filter(membership::Column::UserId.is_in(users))
        .with(membership::Column::State, UserState::Active)
        .order(membership::Column::Id, Order::Asc)
        .all()
        .await?;
    let accounts = Platform::accounts(cx, all.iter().map(membership::Model::account)).await?;
    let mut places: HashMap<UserId, Vec<Place>> = HashMap::new();
    for membership in all {
        let Some(account) = accounts.get(&membership.account()).filter(|account| !account.gone) else {
            continue;
        };
        let name = account.name.clone();
        places.entry(membership.user_id).or_default().push(Place { membership, name });
    }
    Ok(places)
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
