//! Refresh tokens: sealed, good for one generation of a session. The use of an old one ends the session, but for a moment in which it may be the same browser
//! that asked twice at once.

use super::{Cx, Entity, LIFETIME, Member, Model, Place, SignedIn, acting, answer, end, entity::Column, places};
use crate::{
    error::{Error, Result},
    id::{SessionId, UserId},
    identity::{guess::Guess, user},
    store::{Change, Platform, Tx},
};
use chrono::TimeDelta;
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};
use serde::{Deserialize, Serialize};

/// How long after a refresh the token of before still answers the one of now.
const GRACE: TimeDelta = TimeDelta::seconds(10);
const PURPOSE: &str = "refresh";

#[derive(Serialize, Deserialize)]
struct Content {
    session: SessionId,
    generation: i64,
}

/// The refresh token of a session as it is.
pub(super) fn token(cx: &Cx<Platform>, session: &Model) -> Result<String> {
    let content = Content {
        session: session.id,
        generation: session.generation,
    };
    cx.app.store.sealer().seal(PURPOSE, &serde_json::to_vec(&content)?)
}

/// Goes on with a session, in the same or another account of the person.
pub async fn refresh(cx: &Cx<Platform>, token: &str, account_id: Option<&str>) -> Result<SignedIn> {
    let ended = || Error::Unauthenticated("SESSION_ENDED");
    let content: Option<Content> = cx
        .app
        .store
        .sealer()
        .open(PURPOSE, token)
        .and_then(|c| serde_json::from_slice(&c).ok());
    // One that was sealed here is nobody's guess, and whoever has it need not wait with those who guess.
    let Some(content) = content else {
        let guess = Guess::at_link(cx);
        guess.may_be_made().await?;
        return Err(guess.was_wrong(ended()).await);
    };
    let session = super::find(cx, content.session).await?.ok_or_else(ended)?;
    let places = places::of(cx, session.user_id, session.portal).await?;
    let here = places.iter().find(|p| p.membership.id == session.membership_id).cloned();
    // A stolen token must not live on because it is used with an account that there is not.
    if session.generation != content.generation {
        again(cx, &content, here.as_ref()).await?;
    }
    let place = match account_id {
        Some(id) => places::choose(&places, id)?,
        None => here.ok_or_else(ended)?,
    };
    let mut rotated = None;
    let work = async |tx: &Tx<Platform>| {
        rotated = rotate(tx, &content, &place).await?;
        Ok(())
    };
    match place.membership.id == session.membership_id {
        true => cx.db.bookkeep(work).await?,
        false => switch(cx, session.user_id, &place, work).await?,
    }
    let session = match rotated {
        Some(session) => session,
        None => again(cx, &content, Some(&place)).await?,
    };
    answer(cx, &session, place, places)
}

/// Makes the next generation of a session; nothing where that is there already.
async fn rotate(tx: &Tx<Platform>, content: &Content, place: &Place) -> Result<Option<Model>> {
    let now = tx.db().clock().now();
    let current = Condition::all()
        .add(Column::Id.eq(content.session))
        .add(Column::EndedAt.is_null())
        .add(Column::Generation.eq(content.generation));
    let columns = [
        (Column::Generation, Expr::value(content.generation + 1)),
        (Column::RotatedAt, Expr::value(now)),
        (Column::ExpiresAt, Expr::value(now + LIFETIME)),
        (Column::MembershipId, Expr::value(place.membership.id)),
    ];
    Ok(tx.set::<Entity>(current, columns).await?.pop())
}

/// Does what it takes to go on in another account, in whose trail it is told who has come in.
async fn switch(cx: &Cx<Platform>, person: UserId, place: &Place, work: impl AsyncFnOnce(&Tx<Platform>) -> Result<()>) -> Result<()> {
    let user = cx.find::<user::entity::Entity>().get(person).await?;
    let db = cx.db.acting(acting(cx, &user));
    let work = async |tx: &Tx<Platform>| {
        work(tx).await?;
        Ok(Member(place.membership.clone()))
    };
    db.change(Change::new("user.switch_account"), work).await.map(|_| ())
}

/// A token that is not of the session's generation: a second use at the same moment, or a stolen one.
async fn again(cx: &Cx<Platform>, content: &Content, place: Option<&Place>) -> Result<Model> {
    let session = super::find(cx, content.session)
        .await?
        .ok_or(Error::Unauthenticated("SESSION_ENDED"))?;
    if content.generation + 1 == session.generation && cx.now() - session.rotated_at < GRACE {
        return Ok(session);
    }
    let this = || Condition::all().add(Column::Id.eq(session.id));
    match place {
        Some(place) => {
            let work = async |tx: &Tx<Platform>| {
                end(tx, this()).await?;
                Ok(Member(place.membership.clone()))
            };
            cx.change(Change::new("user.refresh_reused"), work).await?;
        }
        // The role that it was signed in with is gone: there is no trail to tell it in.
        None => cx.db.bookkeep(async |tx| end(tx, this()).await).await?,
    }
    cx.app.sessions.invalidate(&session.id).await;
    Err(Error::Unauthenticated("SESSION_ENDED"))
}
