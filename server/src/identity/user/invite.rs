//! Giving a person a role.

use super::{entity, entity::UserState, login, membership, new_id};
use crate::{
    error::{Error, Result},
    id::{MembershipId, ResellerId, TenantId},
    store::{Owned, Platform, Scope, Tx},
};
use membership::Role;
use sea_orm::ColumnTrait;

/// Who gets which role. The owner of a tenant's or reseller's scope is put in whatever is named here.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The login, in any spelling.
    pub email: String,
    /// The name by which the account knows the person until the person gives one.
    pub display_name: String,
    /// The role, one of the account's portal.
    pub role: Role,
    /// The tenant, for a tenant's role.
    pub tenant_id: Option<TenantId>,
    /// The reseller, for a reseller's role.
    pub reseller_id: Option<ResellerId>,
}

/// A person with the role that was given.
#[derive(Clone, Debug)]
pub struct Invited {
    /// The person.
    pub user: entity::Model,
    /// The role, which counts when the person has accepted it.
    pub membership: membership::Model,
}

/// Gives a person a role in one account. Whether the person has roles in others makes no difference that the account can see.
pub async fn invite<S: Scope>(tx: &Tx<S>, new: &NewUser) -> Result<Invited>
where
    membership::Entity: Owned<S>,
{
    let now = tx.db().clock().business();
    tx.widened(async |people| {
        let user = person(people, new).await?;
        let mut role = membership::Model {
            id: MembershipId::new(),
            user_id: user.id,
            tenant_id: new.tenant_id,
            reseller_id: new.reseller_id,
            role: new.role,
            email: user.email.clone(),
            display_name: new.display_name.clone(),
            state: UserState::Invited,
            last_sign_in_at: None,
            row_version: 1,
            created_at: now,
            updated_at: now,
        };
        <membership::Entity as Owned<S>>::claim(tx.db().scope(), &mut role);
        let membership = people
            .insert_unique(role, "email", "USER_EXISTS")
            .await
            .map_err(|error| match error {
                Error::Exists(_, field, reason) => Error::Exists("user", field, reason),
                other => other,
            })?;
        Ok(Invited { user, membership })
    })
    .await
}

/// The person with a login, who is made if there is none. It leaves no trace in the audit trail of whoever asks: there the membership is.
async fn person(tx: &Tx<Platform>, new: &NewUser) -> Result<entity::Model> {
    let email = login(&new.email);
    // Locked, so that nobody lets the person go meanwhile.
    if let Some(known) = tx.lock_all::<entity::Entity>(entity::Column::Email.eq(email.as_str())).await?.pop() {
        return Ok(known);
    }
    let now = tx.db().clock().business();
    let user = entity::Model {
        id: new_id()?,
        email: email.clone(),
        display_name: new.display_name.clone(),
        password_hash: None,
        state: UserState::Invited,
        last_sign_in_at: None,
        row_version: 1,
        created_at: now,
        updated_at: now,
    };
    if tx.put_if_new(user.clone()).await? {
        return Ok(user);
    }
    // Somebody else has invited the same person in this moment.
    find(tx, &email).await?.ok_or(Error::Stale)
}

async fn find(tx: &Tx<Platform>, email: &str) -> Result<Option<entity::Model>> {
    tx.find::<entity::Entity>().with(entity::Column::Email, email).first().await
}
