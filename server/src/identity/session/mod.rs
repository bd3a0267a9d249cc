//! Signing in: sessions, refresh tokens that rotate, and who a session's caller is.

pub mod convert;
pub mod entity;
pub mod places;
mod present;
mod refresh;

use super::{
    guess::Guess,
    password,
    user::{self, Member, Place},
};
use crate::{
    clock::Time,
    convert::Check,
    cx::Cx,
    error::{Error, Result},
    id::SessionId,
    store::{Actor, Change, Platform, Tx},
};
use chrono::TimeDelta;
use entity::{Column, Entity, Model, Portal};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};

pub use present::{Present, Questions, holds, present};
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
    /// The role and the account.
    pub place: Place,
    /// All roles of the person in this portal.
    pub places: Vec<Place>,
}

/// Signs in with a password.
pub async fn sign_in(cx: &Cx<Platform>, portal: Portal, email: &str, password: &str, account_id: &str) -> Result<SignedIn> {
    let bad = Error::Unauthenticated("BAD_SIGN_IN");
    let email = user::login(email);
    let with_login = user::entity::Column::Email;
    // A control character is in no address, and PostgreSQL refuses some of them.
    let user = match email.chars().any(char::is_control) {
        true => None,
        false => cx.find::<user::entity::Entity>().with(with_login, &email).first().await?,
    };
    let guess = Guess::at_password(cx, &email, user.as_ref().map(|u| u.id))?;
    guess.may_be_made().await?;
    cx.db.release().await;
    if let Some(user) = &user {
        cx.known.about::<user::entity::Entity>(user);
    }
    let hash = user.as_ref().and_then(|u| u.password_hash.clone());
    let is_right = password::verify(password, hash).await?;
    let Some(user) = user.filter(|_| is_right) else {
        return Err(guess.was_wrong(bad).await);
    };
    let places = places::of(cx, user.id, portal).await?;
    if places.is_empty() {
        return Err(guess.was_wrong(bad).await);
    }
    guess.was_right().await?;
    let place = places::choose(&places, account_id)?;
    begin(cx, &user, place, places).await
}

/// Begins a session for a person whose identity is proven.
pub async fn begin(cx: &Cx<Platform>, user: &user::entity::Model, place: Place, places: Vec<Place>) -> Result<SignedIn> {
    let now = cx.now();
    let session = Model {
        id: SessionId::new(),
        user_id: user.id,
        membership_id: place.membership.id,
        portal: place.membership.role.portal(),
        generation: 1,
        rotated_at: now,
        expires_at: now + LIFETIME,
        ended_at: None,
        remote_address: cx.db.actor().remote_address.clone(),
        created_at: now,
    };
    let db = cx.db.acting(acting(cx, user));
    let Member(membership) = db
        .change(Change::new("user.sign_in"), async |tx| {
            // While the password was checked, it may have been changed, or the role taken away.
            let changed = || Error::Unauthenticated("BAD_SIGN_IN");
            let same_password = user::entity::Column::PasswordHash.eq(user.password_hash.clone());
            let user = tx.record_quietly(user, same_password, |u| u.last_sign_in_at = Some(now)).await?;
            user.ok_or_else(changed)?;
            let role = tx
                .record_quietly(&place.membership, Condition::all(), |m| m.last_sign_in_at = Some(now))
                .await?;
            tx.put(session.clone()).await?;
            Ok(Member(role.ok_or_else(changed)?))
        })
        .await?;
    answer(cx, &session, Place { membership, ..place }, places)
}

/// A person who has just proven who it is.
pub(super) fn acting(cx: &Cx<Platform>, user: &user::entity::Model) -> Actor {
    Actor {
        id: user.id.to_string(),
        name: user.email.clone(),
        // Whoever signs in does it for oneself.
        staff: false,
        ..cx.db.actor().clone()
    }
}

/// The tokens of a session as it is.
fn answer(cx: &Cx<Platform>, session: &Model, place: Place, places: Vec<Place>) -> Result<SignedIn> {
    let tokens = &cx.app.tokens;
    let access = tokens.issue(session.user_id, session.id, place.membership.id, session.portal, cx.now())?;
    let refresh_token = refresh::token(cx, session)?;
    Ok(SignedIn {
        access: Some(access),
        refresh_token: Some(refresh_token),
        portal: session.portal,
        place,
        places,
    })
}

/// The session of the caller, without tokens.
pub async fn get(cx: &Cx<Platform>) -> Result<SignedIn> {
    let caller = cx.caller.as_ref().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
    let portal = caller.role.portal();
    let places = places::of(cx, caller.user_id, portal).await?;
    let place = places.iter().find(|p| p.membership.id == caller.membership_id).cloned();
    Ok(SignedIn {
        access: None,
        refresh_token: None,
        portal,
        place: place.ok_or(Error::Unauthenticated("SESSION_ENDED"))?,
        places,
    })
}

/// Ends the caller's session.
pub async fn sign_out(cx: &Cx<Platform>) -> Result<()> {
    let caller = cx.caller.as_ref().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
    let role = cx.find::<user::membership::Entity>().get(caller.membership_id).await?;
    cx.change(Change::new("user.sign_out"), async |tx| {
        end(tx, Condition::all().add(Column::Id.eq(caller.session_id))).await?;
        Ok(Member(role.clone()))
    })
    .await?;
    cx.app.sessions.invalidate(&caller.session_id).await;
    Ok(())
}

/// Ends the sessions that meet a condition and have not ended.
pub async fn end(tx: &Tx<Platform>, which: Condition) -> Result<()> {
    let now = tx.db().clock().now();
    let live = Condition::all().add(which).add(Column::EndedAt.is_null());
    tx.set::<Entity>(live, [(Column::EndedAt, Expr::value(now))]).await?;
    Ok(())
}

/// Changes the caller's own password and ends the person's other sessions.
pub async fn change_password(cx: &Cx<Platform>, current: &str, new: &str) -> Result<()> {
    let caller = cx.caller.as_ref().ok_or(Error::Unauthenticated("NO_TOKEN"))?;
    let user = cx.find::<user::entity::Entity>().get(caller.user_id).await?;
    let role = cx.find::<user::membership::Entity>().get(caller.membership_id).await?;
    let guess = Guess::at_password(cx, &user.email, Some(user.id))?;
    guess.may_be_made().await?;
    cx.db.release().await;
    let mut check = Check::default();
    let is_right = password::verify(current, user.password_hash.clone()).await?;
    if !is_right {
        check.bad("current_password", "is wrong");
    }
    if let Some(message) = password::wrong(new) {
        check.bad("new_password", message);
    }
    match check.done() {
        Err(error) if !is_right => return Err(guess.was_wrong(error).await),
        done => done?,
    }
    guess.was_right().await?;
    let hash = password::hash(new).await?;
    cx.change(Change::new("user.change_password"), async |tx| {
        let now = tx.lock::<user::entity::Entity>(user.id).await?;
        if now.password_hash != user.password_hash {
            return Err(Error::Stale);
        }
        let others = Condition::all()
            .add(Column::UserId.eq(user.id))
            .add(Column::Id.ne(caller.session_id));
        end(tx, others).await?;
        tx.update(&now, |u| {
            u.password_hash = Some(hash.clone());
            u.updated_at = cx.business_now();
        })
        .await?;
        Ok(Member(role.clone()))
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
