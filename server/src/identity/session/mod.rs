//! Signing in: sessions, refresh tokens that rotate, and who a session's caller is.

pub mod accounts;
pub mod convert;
pub mod entity;
mod refresh;

use super::{
    password,
    user::{self, membership, membership::Role},
};
use crate::{
    auth::Caller,
    clock::Time,
    cx::{App, Cx},
    error::{Error, Result},
    id::SessionId,
    store::{Actor, Change, Owner, Platform, Tx},
};
use accounts::Account;
use chrono::TimeDelta;
use entity::{Column, Entity, Model, Portal};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};

pub use refresh::refresh;

/// How long a session lives without being refreshed.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

/// A person who is signed in, as the sign-in answers it.
pub struct SignedIn {
    /// The access token and when it ends; absent where only the session is asked for.
    pub access: Option<(String, Time)>,
    /// The refresh token.
    pub refresh_token: Option<String>,
    /// The portal.
    pub portal: Portal,
    /// The person.
    pub user: user::entity::Model,
    /// The role and the account.
    pub membership: membership::Model,
    /// The account.
    pub account: Account,
    /// All accounts of the person in this portal.
    pub accounts: Vec<Account>,
}

/// Signs in with a password.
pub async fn sign_in(cx: &Cx<Platform>, portal: Portal, email: &str, secret: &str, account_id: &str) -> Result<SignedIn> {
    let bad = || Error::Unauthenticated("BAD_SIGN_IN");
    let user = cx
        .find::<user::entity::Entity>()
        .with(user::entity::Column::Email, user::login(email))
        .first()
        .await?;
    let hash = user.as_ref().and_then(|u| u.password_hash.clone());
    if !password::verify(secret, hash).await? {
        return Err(bad());
    }
    let user = user.ok_or_else(bad)?;
    let accounts = accounts::of(&cx.db, user.id, portal).await?;
    if accounts.is_empty() {
        return Err(bad());
    }
    let account = accounts::choose(&accounts, account_id)?;
    begin(cx, portal, user, account, accounts).await
}

/// Begins a session for a person whose identity is proven.
pub async fn begin(
    cx: &Cx<Platform>,
    portal: Portal,
    user: user::entity::Model,
    account: Account,
    accounts: Vec<Account>,
) -> Result<SignedIn> {
    let now = cx.now();
    let session = Model {
        id: SessionId::new(),
        user_id: user.id,
        membership_id: account.membership.id,
        portal,
        generation: 1,
        rotated_at: now,
        expires_at: now + LIFETIME,
        ended_at: None,
        remote_address: cx.db.actor().remote_address.clone(),
        created_at: now,
    };
    let db = cx.db.acting(Actor {
        id: user.id.to_string(),
        name: user.email.clone(),
        ..cx.db.actor().clone()
    });
    let user = db
        .change(Change::new("user.sign_in"), async |tx| {
            tx.put(session.clone()).await?;
            Ok(tx
                .record_quietly(&user, Condition::all(), |u| u.last_sign_in_at = Some(now))
                .await?
                .unwrap_or(user.clone()))
        })
        .await?;
    answer(cx, &session, user, account, accounts)
}

/// The tokens of a session as it is.
fn answer(cx: &Cx<Platform>, session: &Model, user: user::entity::Model, account: Account, accounts: Vec<Account>) -> Result<SignedIn> {
    let access = cx.app.tokens.issue(user.id, session.id, session.portal, cx.now())?;
    let refresh_token = refresh::token(cx, session)?;
    Ok(SignedIn {
        access: Some(access),
        refresh_token: Some(refresh_token),
        portal: session.portal,
        user,
        membership: account.membership.clone(),
        account,
        accounts,
    })
}

/// The session of the caller, without tokens.
pub async fn get(cx: &Cx<Platform>) -> Result<SignedIn> {
    let caller = cx.caller.clone().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
    let session = find(cx, caller.session_id).await?.ok_or(Error::Unauthenticated("SESSION_ENDED"))?;
    let user = cx.find::<user::entity::Entity>().get(caller.user_id).await?;
    let accounts = accounts::of(&cx.db, user.id, session.portal).await?;
    let account = accounts
        .iter()
        .find(|a| a.membership.id == session.membership_id)
        .cloned()
        .ok_or(Error::Unauthenticated("SESSION_ENDED"))?;
    Ok(SignedIn {
        access: None,
        refresh_token: None,
        portal: session.portal,
        user,
        membership: account.membership.clone(),
        account,
        accounts,
    })
}

/// Ends the caller's session.
pub async fn sign_out(cx: &Cx<Platform>) -> Result<()> {
    let caller = cx.caller.clone().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
    let user = cx.find::<user::entity::Entity>().get(caller.user_id).await?;
    cx.change(Change::new("user.sign_out"), async |tx| {
        end(tx, Condition::all().add(Column::Id.eq(caller.session_id))).await?;
        Ok(user.clone())
    })
    .await?;
    cx.app.sessions.invalidate(&caller.session_id).await;
    Ok(())
}

/// Ends the sessions that meet a condition and have not ended.
pub async fn end(tx: &Tx<Platform>, which: Condition) -> Result<Vec<SessionId>> {
    let now = tx.db().clock().now();
    let live = Condition::all().add(which).add(Column::EndedAt.is_null());
    let ended = tx.set::<Entity>(live, [(Column::EndedAt, Expr::value(now))]).await?;
    Ok(ended.into_iter().map(|s| s.id).collect())
}

/// Changes the caller's own password and ends the person's other sessions.
pub async fn change_password(cx: &Cx<Platform>, current: &str, new: &str) -> Result<()> {
    let caller = cx.caller.clone().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
    let user = cx.find::<user::entity::Entity>().get(caller.user_id).await?;
    if let Some(message) = password::wrong(new) {
        return Err(Error::invalid("new_password", message));
    }
    if !password::verify(current, user.password_hash.clone()).await? {
        return Err(Error::invalid("current_password", "is wrong"));
    }
    let hash = password::hash(new).await?;
    cx.change(Change::new("user.change_password"), async |tx| {
        let user = tx.lock::<user::entity::Entity>(caller.user_id).await?;
        end(
            tx,
            Condition::all()
                .add(Column::UserId.eq(user.id))
                .add(Column::Id.ne(caller.session_id)),
        )
        .await?;
        tx.update(&user, |u| {
            u.password_hash = Some(hash.clone());
            u.updated_at = cx.now();
        })
        .await
    })
    .await?;
    cx.app.sessions.invalidate_all();
    Ok(())
}

/// A session that has not ended.
async fn find(cx: &Cx<Platform>, id: SessionId) -> Result<Option<Model>> {
    let live = Condition::all()
        .add(Column::Id.eq(id))
        .add(Column::EndedAt.is_null())
        .add(Column::ExpiresAt.gt(cx.now()));
    cx.find::<Entity>().filter(live).first().await
}

/// Who the caller of a session is now; `None` when the session, the role or the account has ended.
pub async fn caller(app: &App, id: SessionId) -> Result<Option<Caller>> {
    let cx = Cx {
        app: app.clone(),
        caller: None,
        db: app.store.open(Platform::new(), Actor::system(id.to_string())),
    };
    let Some(session) = find(&cx, id).await? else { return Ok(None) };
    let accounts = accounts::of(&cx.db, session.user_id, session.portal).await?;
    let Some(account) = accounts.into_iter().find(|a| a.membership.id == session.membership_id) else {
        return Ok(None);
    };
    let user = cx.find::<user::entity::Entity>().get(session.user_id).await?;
    Ok(Some(Caller {
        user_id: user.id,
        email: user.email,
        session_id: id,
        role: account.membership.role,
        owner: account.owner(),
    }))
}

impl Role {
    /// The portal of the role.
    pub fn portal(self) -> Portal {
        match self {
            Self::MasterAdmin | Self::MasterOperator | Self::MasterSupport | Self::MasterViewer => Portal::Master,
            Self::TenantAdmin | Self::TenantUser | Self::TenantViewer => Portal::Tenant,
            Self::ResellerAdmin | Self::ResellerAgent => Portal::Reseller,
        }
    }

    /// Whether it is the role that an account must not lose.
    pub fn is_admin(self) -> bool {
        matches!(self, Self::MasterAdmin | Self::TenantAdmin | Self::ResellerAdmin)
    }
}

impl Account {
    /// Whose rows it sees.
    pub fn owner(&self) -> Owner {
        Owner::of(self.membership.tenant_id, self.membership.reseller_id)
    }
}
