//! Invitation links: single use, good for seven days, bound to one role of one person. Only a digest of the secret is stored.

use super::{
    Invited, Member, NewUser, Place,
    entity::UserState,
    hold, invitation, invite,
    membership::{self, Role},
    within_reach,
};
use crate::{
    billing::{plan, subscription},
    clock::Time,
    convert::check_etag,
    cx::{App, Cx},
    error::{Error, Result},
    id::{InvitationId, TenantId, UserId},
    identity::{
        account::{self, Lookup, Named},
        secret,
    },
    store::{Answer, Change, Owned, Owner, Platform, Scope, Subject, Tx, Visible},
    tenancy::tenant::entity as tenant,
};
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};
use serde::{Deserialize, Serialize};

/// How long a link works.
const LIFETIME: TimeDelta = TimeDelta::days(7);

/// A link, which is shown once: it is not stored, not even to answer the same request again.
#[derive(Clone, Serialize, Deserialize)]
pub struct Link {
    /// The link; empty where it was shown before.
    #[serde(skip)]
    pub url: String,
    /// Until when it works.
    pub expires_at: Time,
}

/// A role with its link.
#[derive(Serialize, Deserialize)]
struct Issued {
    member: Member,
    link: Link,
}

impl Answer for Issued {
    fn subject(&self) -> Subject {
        self.member.subject()
    }
}

/// A person who was given a role, with the link to hand on.
#[derive(Serialize, Deserialize)]
pub struct Welcome {
    /// The role.
    pub place: Place,
    /// The link.
    pub link: Link,
}

impl Answer for Welcome {
    fn subject(&self) -> Subject {
        Member(self.place.membership.clone()).subject()
    }
}

/// Somebody to be given a role.
pub struct NewMember {
    /// The login.
    pub email: String,
    /// The name.
    pub display_name: String,
    /// The role.
    pub role: Role,
    /// The account.
    pub named: Named,
}

/// Gives a person a role, and makes the link to accept it with.
pub async fn invite_with_link<S: Lookup>(cx: &Cx<S>, new: NewMember) -> Result<Welcome>
where
    membership::Entity: Owned<S>,
    tenant::Entity: Visible<S>,
    subscription::entity::Entity: Visible<S>,
    plan::entity::Entity: Visible<S>,
{
    let owner = new.named.by(cx.db.scope().owner())?;
    account::takes(owner, new.role)?;
    within_reach(cx, new.role)?;
    let name = account::get(cx, owner).await?.name;
    let user = NewUser {
        email: new.email,
        display_name: new.display_name,
        role: new.role,
        tenant_id: owner.tenant(),
        reseller_id: owner.reseller(),
    };
    let work = async |tx: &Tx<S>| {
        if let Owner::Tenant(id) = owner {
            room(tx, id).await?;
        }
        let Invited { membership, .. } = invite(tx, &user).await?;
        let link = tx.widened(async |all| write(all, &cx.app, &membership).await).await?;
        let place = Place { membership, name };
        Ok(Welcome { place, link })
    };
    cx.change(Change::new("user.invite"), work).await
}

/// Refuses one user more than the plan of a tenant allows. Until the transaction ends, nobody else can be invited there.
async fn room<S: Scope>(tx: &Tx<S>, tenant: TenantId) -> Result<()>
where
    membership::Entity: Visible<S>,
    tenant::Entity: Visible<S>,
    subscription::entity::Entity: Visible<S>,
    plan::entity::Entity: Visible<S>,
{
    let state = tx.lock::<tenant::Entity>(tenant).await?.state;
    if account::is_gone(state) {
        let message = format!("The tenant is {state}: nobody can sign in to it.");
        return Err(Error::precondition("TENANT_GONE", "tenant", message));
    }
    let Some(plan) = subscription::plan_of(tx, tenant).await? else {
        return Ok(());
    };
    let members = tx.find::<membership::Entity>().filter(account::members(Owner::Tenant(tenant)));
    if members.count().await? < plan.users {
        return Ok(());
    }
    let message = format!(
        "The tenant has all the users that the plan {:?} allows: {}. Remove one, or change the plan.",
        plan.display_name, plan.users
    );
    Err(Error::Exhausted("users".into(), message, None))
}

/// Makes a new link for the newest role that a person has not accepted.
pub async fn issue<S: Scope>(cx: &Cx<S>, person: UserId, etag: &str) -> Result<Link>
where
    membership::Entity: Owned<S>,
{
    let work = async |tx: &Tx<S>| {
        hold(tx, person).await?;
        let roles = tx.lock_all::<membership::Entity>(membership::Column::UserId.eq(person)).await?;
        let open = roles.iter().rfind(|m| m.state == UserState::Invited);
        if let Some(seen) = open.or(roles.last()) {
            check_etag(etag, seen.row_version)?;
        }
        let open = open.cloned().ok_or_else(|| {
            let message = "The person has accepted the invitation and needs no other link.";
            Error::precondition("INVITATION_ACCEPTED", "user", message)
        })?;
        // Whoever has the link can take the role.
        within_reach(cx, open.role)?;
        let link = tx.widened(async |all| write(all, &cx.app, &open).await).await?;
        let member = Member(open);
        Ok(Issued { member, link })
    };
    Ok(cx.change(Change::new("user.issue_invitation"), work).await?.link)
}

/// Writes a new invitation for a role; earlier ones stop working.
async fn write(tx: &Tx<Platform>, app: &App, role: &membership::Model) -> Result<Link> {
    use invitation::Column;
    let now = tx.db().clock().now();
    let expires_at = now + LIFETIME;
    let (secret, token_hash) = secret::new()?;
    let earlier = Condition::all().add(Column::MembershipId.eq(role.id)).add(Column::UsedAt.is_null());
    tx.set::<invitation::Entity>(earlier, [(Column::UsedAt, Expr::value(now))]).await?;
    tx.put(invitation::Model {
        id: InvitationId::new(),
        membership_id: Some(role.id),
        token_hash,
        expires_at: Some(expires_at),
        used_at: None,
        created_at: now,
    })
    .await?;
    // The secret is behind the #, which browsers do not send to a server.
    let url = format!("{}/{}/invitation#{secret}", app.public_url, role.role.portal());
    Ok(Link { url, expires_at })
}
