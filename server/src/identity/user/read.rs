//! Reading people.

use super::{Person, Place, entity, entity::UserState, membership};
use crate::{
    cx::Cx,
    error::{Error, Result},
    id::UserId,
    identity::account::{self, Accounts, Lookup, Named},
    store::{Field, Fields, Keyed, Owner, Page, Platform, Query, Scope, Tx, Visible},
};
use sea_orm::{ColumnTrait, Order};

/// What lists of people can be filtered and sorted by.
const PEOPLE: Fields<entity::Entity> = &[
    Field::text("email", entity::Column::Email).sortable(),
    Field::text("display_name", entity::Column::DisplayName).sortable(),
    Field::word("state", entity::Column::State, UserState::WORDS),
    Field::time("create_time", entity::Column::CreatedAt).sortable(),
];

/// The same of the people of one account, as the account knows them.
const MEMBERS: Fields<membership::Entity> = &[
    Field::text("email", membership::Column::Email).sortable(),
    Field::text("display_name", membership::Column::DisplayName).sortable(),
    Field::word("state", membership::Column::State, UserState::WORDS),
    Field::time("create_time", membership::Column::CreatedAt).sortable(),
];

/// One page of the people of an account, or, for the platform where none is named, of all.
pub async fn list<S: Lookup>(cx: &Cx<S>, named: Named, query: &Query) -> Result<Page<Person>>
where
    membership::Entity: Visible<S>,
{
    let owner = named.by(cx.db.scope().owner())?;
    if let Some(cx) = S::platform(cx).filter(|_| owner == Owner::Platform) {
        let page = cx.find::<entity::Entity>().page(PEOPLE, "email", query).await?;
        let mut places = places::<Platform>(cx, page.rows.iter().map(|u| u.id)).await?;
        return Ok(page.map(|user| whole(user, &mut places)));
    }
    let account = account::get(cx, owner).await?;
    let query = Query {
        also: owner.key(),
        ..query.clone()
    };
    let members = cx.find::<membership::Entity>().filter(account::members(owner));
    let page = members.page(MEMBERS, "email", &query).await?;
    Ok(page.map(|membership| {
        let name = account.name.clone();
        Place { membership, name }.into()
    }))
}

/// One person.
pub async fn get<S: Lookup>(cx: &Cx<S>, id: UserId) -> Result<Person>
where
    membership::Entity: Visible<S>,
{
    let mut places = places(cx, [id]).await?;
    if let Some(cx) = S::platform(cx) {
        let user = cx.find::<entity::Entity>().get(id).await?;
        return Ok(whole(user, &mut places));
    }
    // An account has one membership of a person at most.
    places.pop().map(Into::into).ok_or(Error::NotFound(entity::Entity::KIND))
}

/// The roles of some people, the oldest first.
async fn places<S: Lookup>(cx: &Cx<S>, people: impl IntoIterator<Item = UserId>) -> Result<Vec<Place>>
where
    membership::Entity: Visible<S>,
{
    let rows = cx
        .find::<membership::Entity>()
        .filter(membership::Column::UserId.is_in(people))
        .order(membership::Column::Id, Order::Asc);
    let rows = rows.all().await?;
    let accounts = S::accounts(cx, rows.iter().map(membership::Model::account).collect::<Vec<_>>()).await?;
    Ok(named(rows, &accounts))
}

fn named(roles: Vec<membership::Model>, accounts: &Accounts) -> Vec<Place> {
    let place = |membership: membership::Model| {
        let name = accounts.get(&membership.account())?.name.clone();
        Some(Place { membership, name })
    };
    roles.into_iter().filter_map(place).collect()
}

/// The person of a role that is being changed, as whoever changes it may see the person.
pub(super) async fn changed<S: Scope>(cx: &Cx<S>, all: &Tx<Platform>, role: &membership::Model) -> Result<Person> {
    let sees_all = cx.db.scope().owner() == Owner::Platform;
    let roles = if sees_all {
        let theirs = all.find::<membership::Entity>().with(membership::Column::UserId, role.user_id);
        theirs.order(membership::Column::Id, Order::Asc).all().await?
    } else {
        vec![role.clone()]
    };
    let owners: Vec<_> = roles.iter().map(membership::Model::account).collect();
    let accounts = account::among(owners, &cx.app.settings.vendor_name, all.find(), all.find()).await?;
    let mut places = named(roles, &accounts);
    if sees_all {
        let user = all.find::<entity::Entity>().get(role.user_id).await?;
        return Ok(whole(user, &mut places));
    }
    places.pop().map(Into::into).ok_or(Error::NotFound(entity::Entity::KIND))
}

/// A person with all of the person's roles, which are taken out of `places`.
fn whole(user: entity::Model, places: &mut Vec<Place>) -> Person {
    Person {
        id: user.id,
        email: user.email,
        display_name: user.display_name,
        state: user.state,
        last_sign_in_at: user.last_sign_in_at,
        created_at: user.created_at,
        places: places.extract_if(.., |p| p.membership.user_id == user.id).collect(),
    }
}
