//! Accepting an invitation.

use super::{Member, Place, entity, entity::UserState, invitation, membership};
use crate::{
    cx::Cx,
    error::{Error, Result},
    identity::{
        account,
        guess::Guess,
        password, secret,
        session::{self, SignedIn, places},
    },
    store::{Change, Platform},
};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};

/// What a person gives to accept.
pub struct Acceptance {
    /// The token from the link.
    pub token: String,
    /// The name in the account.
    pub display_name: String,
    /// The password to be, or the one that the person has.
    pub password: String,
}

const MISSING: Error = Error::NotFound("invitation");

fn works(cx: &Cx<Platform>, token: &str) -> Condition {
    use invitation::Column;
    Condition::all()
        .add(Column::TokenHash.eq(secret::digest(token)))
        .add(Column::UsedAt.is_null())
        .add(Column::ExpiresAt.gt(cx.now()))
}

/// The role that a link is for.
pub async fn inspect(cx: &Cx<Platform>, token: &str) -> Result<Place> {
    let guess = Guess::at_link(cx);
    guess.may_be_made().await?;
    let found = cx.find::<invitation::Entity>().filter(works(cx, token)).first().await?;
    let Some(id) = found.and_then(|i| i.membership_id) else {
        return Err(guess.was_wrong(MISSING).await);
    };
    let membership = cx.find::<membership::Entity>().get(id).await?;
    let account = account::get(cx, membership.account()).await?;
    if account.gone {
        return Err(MISSING);
    }
    let name = account.name;
    Ok(Place { membership, name })
}

/// Accepts a role and signs in to its account. A person without a password gets the one that was given; another proves to be the person with it, so that nobody who
/// has a link gets into other accounts of the person, and nobody who has made up a password for an address gets a role that was meant for its owner.
pub async fn accept(cx: &Cx<Platform>, given: Acceptance) -> Result<SignedIn> {
    let Place { membership, .. } = inspect(cx, &given.token).await?;
    let user = cx.find::<entity::Entity>().get(membership.user_id).await?;
    let guess = Guess::at_password(cx, &user.email, Some(user.id))?;
    guess.may_be_made().await?;
    cx.db.release().await;
    cx.known.about::<entity::Entity>(&user);
    let hash = match &user.password_hash {
        None => password::hash(&given.password).await?,
        Some(hash) if password::verify(&given.password, Some(hash.clone())).await? => {
            guess.was_right().await?;
            hash.clone()
        }
        Some(_) => {
            let message = "is wrong: this email address has one already, which is needed here";
            return Err(guess.was_wrong(Error::invalid("password", message)).await);
        }
    };
    let now = cx.now();
    let db = cx.db.acting(session::acting(cx, &user));
    let user = &user;
    let mut accepted = None;
    db.change(Change::new("user.accept_invitation"), async |tx| {
        let person = tx.lock::<entity::Entity>(user.id).await?;
        if person.password_hash != user.password_hash {
            return Err(Error::Stale);
        }
        let used = tx
            .set::<invitation::Entity>(works(cx, &given.token), [(invitation::Column::UsedAt, Expr::value(now))])
            .await?;
        if used.is_empty() {
            return Err(MISSING);
        }
        let role = tx.lock::<membership::Entity>(membership.id).await?;
        let role = tx
            .update(&role, |m| {
                m.state = UserState::Active;
                m.display_name = given.display_name.clone();
                m.updated_at = cx.business_now();
            })
            .await?;
        let person = tx
            .record_quietly(&person, Condition::all(), |u| {
                if u.state == UserState::Invited {
                    u.display_name = given.display_name.clone();
                }
                u.state = UserState::Active;
                u.password_hash = Some(hash.clone());
                u.updated_at = cx.business_now();
            })
            .await?;
        accepted = person;
        Ok(Member(role))
    })
    .await?;
    let user = accepted.ok_or(MISSING)?;
    let places = places::of(cx, user.id, membership.role.portal()).await?;
    let place = places.iter().find(|p| p.membership.id == membership.id).cloned().ok_or(MISSING)?;
    session::begin(cx, &user, place, places).await
}
