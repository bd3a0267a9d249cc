//! Sessions as they are now: what an access token is checked against.

use super::{find, places};
use crate::{
    auth::Caller,
    cx::{App, Cx},
    error::Result,
    id::{MembershipId, SessionId},
    identity::user::{self, Place},
    store::{Actor, Platform},
};
use std::sync::Arc;

/// A session that has not ended, with the roles it can act with.
#[derive(Debug)]
pub struct Present {
    session_id: SessionId,
    user: user::entity::Model,
    places: Vec<Place>,
}

/// A session as it is now; `None` when it has ended.
pub async fn present(app: &App, id: SessionId) -> Result<Option<Arc<Present>>> {
    let cx = Cx {
        app: app.clone(),
        caller: None,
        known: Default::default(),
        db: app.store.open(Platform::new(), Actor::system(id.to_string())),
    };
    let Some(session) = find(&cx, id).await? else { return Ok(None) };
    Ok(Some(Arc::new(Present {
        session_id: id,
        user: cx.find::<user::entity::Entity>().get(session.user_id).await?,
        places: places::of(&cx, session.user_id, session.portal).await?,
    })))
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

/// Whether a caller may go on: the session and the role are what they were when the call began. For streams, which outlive their first check.
pub async fn holds(app: &App, caller: &Caller) -> Result<bool> {
    let now = present(app, caller.session_id).await?.and_then(|p| p.caller(caller.membership_id));
    Ok(now.is_some_and(|now| now.role == caller.role))
}
