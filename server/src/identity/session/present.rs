//! Sessions as they are now: what an access token is checked against.

use super::{
    entity::{Column, Entity, Portal},
    places,
};
use crate::{
    auth::Caller,
    cx::{App, Cx},
    error::{Error, Result},
    id::{MembershipId, SessionId, UserId},
    identity::user::{self, Place},
    store::{Actor, Platform},
};
use sea_orm::{ColumnTrait, Condition};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::sleep};

/// A session that has not ended, with the roles it can act with.
#[derive(Debug)]
pub struct Present {
    session_id: SessionId,
    user: user::entity::Model,
    places: Vec<Place>,
}

/// A session as it is now; `None` when it has ended.
pub async fn present(app: &App, id: SessionId) -> Result<Option<Arc<Present>>> {
    Ok(all_present(app, &[id]).await?.remove(&id))
}

/// Those of some sessions that have not ended, with as many queries as for one.
async fn all_present(app: &App, ids: &[SessionId]) -> Result<HashMap<SessionId, Arc<Present>>> {
    let asked = ids.first().map(ToString::to_string).unwrap_or_default();
    let cx = Cx {
        app: app.clone(),
        caller: None,
        known: Default::default(),
        once: None,
        db: app.store.open(Platform::new(), Actor::system(asked)),
    };
    let live = Condition::all()
        .add(Column::Id.is_in(ids.iter().copied()))
        .add(Column::EndedAt.is_null())
        .add(Column::ExpiresAt.gt(cx.now()));
    let sessions = cx.find::<Entity>().filter(live).all().await?;
    if sessions.is_empty() {
        return Ok(HashMap::new());
    }
    let people: Vec<UserId> = sessions.iter().map(|session| session.user_id).collect();
    let users = cx.find::<user::entity::Entity>().among(people.iter().copied()).all().await?;
    let users: HashMap<UserId, user::entity::Model> = users.into_iter().map(|user| (user.id, user)).collect();
    let places = places::of_all(&cx, people).await?;
    let here = |of: UserId, portal: Portal| {
        let places = places.get(&of).into_iter().flatten();
        places.filter(|place| place.membership.role.portal() == portal).cloned().collect()
    };
    let present = sessions.into_iter().filter_map(|session| {
        let present = Present {
            session_id: session.id,
            user: users.get(&session.user_id)?.clone(),
            places: here(session.user_id, session.portal),
        };
        Some((session.id, Arc::new(present)))
    });
    Ok(present.collect())
}

impl Present {
    /// Who calls with one of the roles; `None` when the role or the account has ended.
    pub fn caller(&self, membership: MembershipId) -> Option<Caller> {
        let role = &self.places.iter().find(|p| p.membership.id == membership)?.membership;
        Some(Caller {
            user_id: self.user.id,
            email: self.user.email.clone(),
            session_id: self.session_id,
            membership_id: membership,
            role: role.role,
            owner: role.account(),
        })
    }
}

/// Questions about sessions that can wait for a moment. Each open stream asks every few seconds, and there are thousands of them: what is asked in the same moment
/// is looked up together.
#[derive(Default)]
pub struct Questions(Mutex<Vec<(SessionId, oneshot::Sender<Answer>)>>);

type Answer = Result<Option<Arc<Present>>, Arc<Error>>;

/// How long a question waits for others.
const MOMENT: Duration = Duration::from_millis(250);
/// How many are looked up at once.
const TOGETHER: usize = 500;

impl Questions {
    async fn ask(&self, app: &App, id: SessionId) -> Result<Option<Arc<Present>>> {
        let (sender, answer) = oneshot::channel();
        let is_first = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.push((id, sender));
            open.len() == 1
        };
        if is_first {
            // A task of its own: whoever asked first may be gone before the others have their answer.
            tokio::spawn(answer_all(app.clone()));
        }
        let answer = answer.await.map_err(Error::internal)?;
        answer.map_err(|cause| Error::Unavailable(anyhow::anyhow!("{cause}")))
    }
}

async fn answer_all(app: App) {
    sleep(MOMENT).await;
    let open = std::mem::take(&mut *app.questions.0.lock().unwrap_or_else(PoisonError::into_inner));
    let mut ids: Vec<SessionId> = open.iter().map(|(id, _)| *id).collect();
    ids.sort();
    ids.dedup();
    let mut present = HashMap::new();
    let mut failure = None;
    for some in ids.chunks(TOGETHER) {
        match all_present(&app, some).await {
            Ok(found) => present.extend(found),
            Err(error) => failure = Some(Arc::new(error)),
        }
    }
    for (id, sender) in open {
        let answer = match (present.get(&id), &failure) {
            (None, Some(error)) => Err(error.clone()),
            (found, _) => Ok(found.cloned()),
        };
        // Who does not listen any more needs no answer.
        let _ = sender.send(answer);
    }
}

/// Whether a caller may go on: the session and the role are what they were when the call began. For streams, which outlive their first check.
pub async fn holds(app: &App, caller: &Caller) -> Result<bool> {
    let present = app.questions.ask(app, caller.session_id).await?;
    let now = present.and_then(|present| present.caller(caller.membership_id));
    Ok(now.is_some_and(|now| now.role == caller.role))
}
