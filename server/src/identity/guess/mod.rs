//! Guessing at secrets: whoever has guessed wrong too often has to wait, longer each time, a quarter of an hour at most.
//!
//! Wrong guesses are counted in four ways, in the database, so that all server processes count together:
//!
//! * of one address at one login: what a person does who has forgotten a password. A right password ends the count;
//! * of one address at any login: who tries one password at many of them;
//! * of one address at links and sessions, whose secrets are long: nobody is kept from signing in by it;
//! * of all addresses at one login: who guesses from many places.
//!
//! Nobody shall be able to keep a person out by guessing wrong for them. What others do from elsewhere comes to the count of the login only, and that one stops nobody at
//! an address from which the person was signed in in the last month: the owner gets in where the owner usually is, while the attack goes on. Who shares an address
//! with an attacker has to wait with that one, which is why proxies have to be named in the settings. All of it passes by itself.
//!
//! A login counts by its spelling only, whether or not it is anybody's: what is answered, and when, is the same. While somebody has to wait no password is looked
//! at, not even the right one, and nothing is counted.

pub mod entity;

use super::{session::entity as session, user};
use crate::{
    address,
    clock::Time,
    cx::Cx,
    error::{Error, Result},
    id::UserId,
    serve::limits::Place,
    store::{Platform, Tx},
};
use chrono::TimeDelta;
use entity::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, sea_query::Expr};
use sha2::{Digest, Sha256};
use std::{net::IpAddr, time::Duration};
use uuid::Uuid;

/// Wrong guesses of one address at one login, and of all addresses at one login, after which the wait begins; for one address at anything it is a setting.
const AT_ONE_LOGIN: i64 = 10;
const FROM_EVERYWHERE: i64 = 100;
/// The first wait. Each further wrong guess doubles it.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// After how long without a wrong guess all are forgotten.
pub const MEMORY: TimeDelta = TimeDelta::hours(1);
/// For how long an address is one from which a person was signed in.
const USUAL: TimeDelta = TimeDelta::days(30);

/// Somebody who is about to try a secret.
pub struct Guess<'c> {
    cx: &'c Cx<Platform>,
    counts: Vec<Count>,
    /// Whose secret it is, if it is anybody's.
    user: Option<UserId>,
    _place: Option<Place>,
}

/// One of the counts that a guess goes to.
struct Count {
    id: Uuid,
    free: i64,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    AddressAtLogin,
    Address,
    AddressAtLink,
    Login,
}

impl<'c> Guess<'c> {
    /// At the password of a login. Refuses where as many as can be are looked at for the same address.
    pub fn at_password(cx: &'c Cx<Platform>, login: &str, user: Option<UserId>) -> Result<Self> {
        let place = match cx.db.actor().remote_address.parse() {
            Ok(address) => Some(cx.app.limits.password(address)?),
            Err(_) => None,
        };
        let (address, login) = (here(cx), user::login(login));
        // Always in this order, so that two who write do not wait for one another.
        let counts = vec![
            Count::new(Kind::AddressAtLogin, &format!("{address}\n{login}"), AT_ONE_LOGIN),
            Count::new(Kind::Address, &address, cx.app.settings.wrong_guesses_per_hour.into()),
            Count::new(Kind::Login, &login, FROM_EVERYWHERE),
        ];
        Ok(Self {
            cx,
            counts,
            user,
            _place: place,
        })
    }

    /// At the token of a link.
    pub fn at_link(cx: &'c Cx<Platform>) -> Self {
        let free = cx.app.settings.wrong_guesses_per_hour.into();
        Self {
            cx,
            counts: vec![Count::new(Kind::AddressAtLink, &here(cx), free)],
            user: None,
            _place: None,
        }
    }

    /// Refuses those who have to wait.
    pub async fn may_be_made(&self) -> Result<()> {
        self.rows().await.map(|_| ())
    }

    /// The guess was right. Refused all the same where others at the same moment were wrong too often.
    pub async fn was_right(&self) -> Result<()> {
        let rows = self.rows().await?;
        let own = |count: &&Count| count.kind == Kind::AddressAtLogin && rows.iter().any(|row| row.id == count.id);
        let Some(own) = self.counts.iter().find(own) else {
            return Ok(());
        };
        self.cx
            .db
            .bookkeep(async |tx| tx.erase::<Entity>(Column::Id.eq(own.id)).await)
            .await?;
        Ok(())
    }

    /// The guess was wrong: counts it, and answers what the caller is to be told. Of many at once no more are told so than of as many one after the other.
    pub async fn was_wrong(&self, refusal: Error) -> Error {
        let counted = self.cx.db.bookkeep(async |tx| self.count(tx).await).await;
        match counted {
            Ok(None) => refusal,
            Ok(Some(wait)) => exhausted(wait),
            Err(error) => error,
        }
    }

    /// What was counted of this guess. Refuses where there is a wait.
    async fn rows(&self) -> Result<Vec<Model>> {
        let now = self.cx.now();
        let rows = self.cx.find::<Entity>().filter(self.those()).all().await?;
        let mut wait = None;
        for row in &rows {
            let Some(until) = row.locked_until.filter(|until| *until > now) else {
                continue;
            };
            let of_login = self.counts.iter().any(|count| count.id == row.id && count.kind == Kind::Login);
            if !(of_login && self.is_usual().await?) {
                wait = wait.max(Some(until - now));
            }
        }
        match wait {
            Some(wait) => Err(exhausted(wait)),
            None => Ok(rows),
        }
    }

    async fn count(&self, tx: &Tx<Platform>) -> Result<Option<TimeDelta>> {
        use sea_orm::sea_query::ExprTrait as _;
        let now = self.cx.now();
        tx.erase::<Entity>(self.those().add(Column::GuessedAt.lt(now - MEMORY))).await?;
        for Count { id, free, kind } in &self.counts {
            let none = Model {
                id: *id,
                count: 0,
                locked_until: None,
                guessed_at: now,
            };
            tx.put_if_new(none).await?;
            let this = || Condition::all().add(Column::Id.eq(*id));
            let open = Condition::any()
                .add(Column::LockedUntil.is_null())
                .add(Column::LockedUntil.lte(now));
            let one_more = [
                (Column::Count, Column::Count.into_expr().add(1)),
                (Column::GuessedAt, Expr::value(now)),
            ];
            match tx.set::<Entity>(this().add(open), one_more).await?.pop() {
                Some(row) => {
                    if let Some(wait) = wait(row.count, *free) {
                        tx.set::<Entity>(this(), [(Column::LockedUntil, Expr::value(now + wait))]).await?;
                    }
                }
                None if *kind == Kind::Login && self.is_usual().await? => {}
                None => {
                    let row = tx.find::<Entity>().filter(this()).first().await?;
                    let until = row.and_then(|row| row.locked_until).unwrap_or(now);
                    return Ok(Some(until - now));
                }
            }
        }
        Ok(None)
    }

    fn those(&self) -> Condition {
        Condition::all().add(Column::Id.is_in(self.counts.iter().map(|count| count.id)))
    }

    /// Whether the person was signed in from this address lately.
    async fn is_usual(&self) -> Result<bool> {
        let since: Time = self.cx.now() - USUAL;
        let sessions = self
            .cx
            .fresh()
            .find::<session::Entity>()
            // Where it is nobody's login the database has to look as well.
            .with(session::Column::UserId, self.user.unwrap_or_else(|| Uuid::nil().into()))
            .filter(session::Column::CreatedAt.gt(since))
            .all()
            .await?;
        let here = here(self.cx);
        Ok(sessions.iter().any(|session| network(&session.remote_address) == here))
    }
}

impl Count {
    fn new(kind: Kind, of: &str, free: i64) -> Self {
        let name = match kind {
            Kind::AddressAtLogin => "address at login",
            Kind::Address => "address",
            Kind::AddressAtLink => "address at link",
            Kind::Login => "login",
        };
        let digest = Sha256::digest(format!("{name}\n{of}"));
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self {
            id: Uuid::from_bytes(id),
            free,
            kind,
        }
    }
}

/// How long the wait is after so many wrong guesses.
fn wait(count: i64, free: i64) -> Option<TimeDelta> {
    let doublings = u32::try_from((count - free).min(16)).ok()?;
    Some((FIRST_WAIT * 2_i32.pow(doublings)).min(LONGEST_WAIT))
}

fn exhausted(wait: TimeDelta) -> Error {
    // Whole seconds, so that nobody reads in it when the others guessed.
    let wait = Duration::from_secs(wait.num_seconds().unsigned_abs() + 1);
    let message = "There were too many failed attempts. Try again later.".to_owned();
    Error::Exhausted("failed attempts".into(), message, Some(wait))
}

/// The network of the caller.
fn here(cx: &Cx<Platform>) -> String {
    network(&cx.db.actor().remote_address)
}

fn network(text: &str) -> String {
    match text.parse::<IpAddr>() {
        Ok(parsed) => address::network(parsed).to_string(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_and_has_an_end() {
        let seconds = |count| wait(count, 10).map(|wait| wait.num_seconds());
        assert_eq!(
            [0, 9, 10, 11, 14, 15, 16, i64::MAX].map(seconds),
            [None, None, Some(30), Some(60), Some(480), Some(900), Some(900), Some(900)]
        );
        assert_eq!(seconds(1_000_000), Some(900));
    }

    #[test]
    fn counts_are_apart() {
        let id = |kind, of| Count::new(kind, of, 1).id;
        assert_ne!(id(Kind::Address, "a"), id(Kind::Login, "a"));
        assert_ne!(id(Kind::Login, "a"), id(Kind::Login, "b"));
        assert_eq!(network("2001:db8:0:1::9"), network("2001:db8:0:1:ffff::"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
