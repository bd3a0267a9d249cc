//! Changing and taking away roles.

use super::{
    Member, Person, entity,
    entity::UserState,
    hold,
    membership::{self, Role},
    read, within_reach,
};
use crate::{
    convert::check_etag,
    cx::Cx,
    error::{Error, Result},
    id::{TenantId, UserId},
    identity::{
        account::{self, Lookup, Named},
        session,
    },
    store::{Answer, Change, Keyed, Owned, Owner, Platform, Scope, Subject, Tx, Visible},
};
use sea_orm::{ColumnTrait, Condition};
use serde::{Deserialize, Serialize};

/// A person's role in an account, as a request names it.
pub struct Which {
    /// The person.
    pub person: UserId,
    /// The account.
    pub named: Named,
    /// The version the caller has seen; empty for any.
    pub etag: String,
}

/// What a change of a role answers.
#[derive(Serialize, Deserialize)]
struct Changed {
    member: Member,
    person: Person,
}

impl Answer for Changed {
    fn subject(&self) -> Subject {
        self.member.subject()
    }
}

/// Gives a person another role. The sessions that act with it end.
pub async fn set<S: Lookup>(cx: &Cx<S>, which: Which, role: Role) -> Result<Person>
where
    membership::Entity: Owned<S>,
{
    let owner = which.named.by(cx.db.scope().owner())?;
    account::takes(owner, role)?;
    within_reach(cx, role)?;
    let work = async |tx: &Tx<S>| {
        let (before, admins) = lock(tx, owner, &which).await?;
        within_reach(cx, before.role)?;
        if !role.is_admin() {
            keep_admin(&before, &admins)?;
        }
        let after = tx
            .update(&before, |m| {
                if m.role != role {
                    m.role = role;
                    m.updated_at = cx.business_now();
                }
            })
            .await?;
        let see = async |all: &Tx<Platform>| {
            if after != before {
                end_sessions(all, [&after]).await?;
            }
            read::changed(cx, all, &after).await
        };
        let person = tx.widened(see).await?;
        let member = Member(after);
        Ok(Changed { member, person })
    };
    let Changed { person, .. } = cx.change(Change::new("user.set_role"), work).await?;
    cx.app.sessions.invalidate_all();
    Ok(person)
}

/// Takes a person's role away. The sessions that act with it end.
pub async fn remove<S: Scope>(cx: &Cx<S>, which: Which) -> Result<()>
where
    membership::Entity: Owned<S>,
{
    let owner = which.named.by(cx.db.scope().owner())?;
    cx.change(Change::new("user.remove"), async |tx| {
        let (role, admins) = lock(tx, owner, &which).await?;
        within_reach(cx, role.role)?;
        keep_admin(&role, &admins)?;
        tx.delete(&role).await?;
        tx.widened(async |people| {
            end_sessions(people, [&role]).await?;
            let_go(people, [role.user_id]).await
        })
        .await?;
        Ok(Member(role))
    })
    .await?;
    cx.app.sessions.invalidate_all();
    Ok(())
}

/// Takes all roles in a tenant away, for one that is undone or purged.
pub async fn remove_all(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    let members = || tx.find::<membership::Entity>().filter(account::members(Owner::Tenant(tenant)));
    let people: Vec<_> = members().all().await?.into_iter().map(|m| m.user_id).collect();
    tx.lock_all::<entity::Entity>(entity::Column::Id.is_in(people)).await?;
    let roles = members().all().await?;
    end_sessions(tx, &roles).await?;
    for role in &roles {
        tx.delete(role).await?;
    }
    let_go(tx, roles.iter().map(|m| m.user_id)).await
}

/// The role that is meant and all admins of its account, which nobody else can change until the transaction ends. The person's row is locked first, here as where
/// an invitation is accepted.
async fn lock<S: Scope>(tx: &Tx<S>, owner: Owner, which: &Which) -> Result<(membership::Model, Vec<membership::Model>)>
where
    membership::Entity: Visible<S>,
{
    use membership::Column;
    hold(tx, which.person).await?;
    let admins = Role::ADMINS;
    let concerned = Condition::any()
        .add(Column::UserId.eq(which.person))
        .add(Column::Role.is_in(admins));
    let rows = tx.lock_all::<membership::Entity>(account::members(owner).add(concerned)).await?;
    let role = rows.iter().find(|m| m.user_id == which.person).cloned();
    let role = role.ok_or(Error::NotFound(entity::Entity::KIND))?;
    check_etag(&which.etag, role.row_version)?;
    Ok((role, rows.into_iter().filter(|m| m.role.is_admin()).collect()))
}

/// Refuses to leave an account without an admin. One who has not accepted yet is none for an account that has one who did.
fn keep_admin(leaving: &membership::Model, admins: &[membership::Model]) -> Result<()> {
    let stays = |m: &membership::Model| m.id != leaving.id && (m.state == UserState::Active || leaving.state == UserState::Invited);
    if !leaving.role.is_admin() || admins.iter().any(stays) {
        return Ok(());
    }
    let message = "This is the last admin of the account. Give the role to somebody else who has accepted it first.";
    Err(Error::precondition("LAST_ADMIN", "user", message))
}

async fn end_sessions(tx: &Tx<Platform>, roles: impl IntoIterator<Item = &membership::Model>) -> Result<()> {
    let ids = roles.into_iter().map(|m| m.id);
    let acting = session::entity::Column::MembershipId.is_in(ids);
    session::end(tx, Condition::all().add(acting)).await
}

/// Lets people go who lost a role. Whoever has none left is forgotten. Whoever has none left that they accepted has nothing that a password protects: invited again,
/// they choose a new one.
async fn let_go(tx: &Tx<Platform>, people: impl IntoIterator<Item = UserId>) -> Result<()> {
    use membership::Column;
    let people = tx.lock_all::<entity::Entity>(entity::Column::Id.is_in(people)).await?;
    let theirs = Column::UserId.is_in(people.iter().map(|p| p.id));
    let roles = tx.find::<membership::Entity>().filter(theirs).all().await?;
    let has = |person: &entity::Model, accepted: bool| {
        let counts = |m: &membership::Model| m.user_id == person.id && (!accepted || m.state == UserState::Active);
        roles.iter().any(counts)
    };
    let (staying, going): (Vec<_>, Vec<_>) = people.into_iter().partition(|person| has(person, false));
    let going: Vec<_> = going.iter().map(|person| person.id).collect();
    tx.erase::<session::entity::Entity>(session::entity::Column::UserId.is_in(going.clone()))
        .await?;
    tx.erase::<entity::Entity>(entity::Column::Id.is_in(going)).await?;
    for person in staying.iter().filter(|person| !has(person, true)) {
        tx.record_quietly(person, Condition::all(), |u| {
            u.password_hash = None;
            u.state = UserState::Invited;
        })
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Time, id::MembershipId};

    fn role(role: Role, state: UserState) -> membership::Model {
        membership::Model {
            id: MembershipId::new(),
            user_id: super::super::new_id().expect("id"),
            tenant_id: None,
            reseller_id: None,
            role,
            email: "a@b.co".into(),
            display_name: "A".into(),
            state,
            last_sign_in_at: None,
            row_version: 1,
            created_at: Time::UNIX_EPOCH,
            updated_at: Time::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_last_admin_stays() {
        let admin = role(Role::TenantAdmin, UserState::Active);
        let second = role(Role::TenantAdmin, UserState::Active);
        let invited = role(Role::TenantAdmin, UserState::Invited);
        let viewer = role(Role::TenantViewer, UserState::Active);
        let may_leave = |leaving: &membership::Model, admins: &[&membership::Model]| {
            let admins: Vec<_> = admins.iter().map(|m| (*m).clone()).collect();
            keep_admin(leaving, &admins).is_ok()
        };
        assert!(!may_leave(&admin, &[&admin]));
        assert!(may_leave(&admin, &[&admin, &second]));
        assert!(!may_leave(&admin, &[&admin, &invited]), "an invited admin cannot sign in yet");
        assert!(may_leave(&invited, &[&admin, &invited]));
        assert!(!may_leave(&invited, &[&invited]), "nobody else could ever sign in");
        assert!(may_leave(&viewer, &[&admin]));
    }
}
