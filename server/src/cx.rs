//! What every operation gets first: who calls, which rows there are, what the time is.

use crate::{
    auth::{Caller, CurrentPolicy, Known, Refusals, Sessions, Tokens},
    clock::{Clock, Time},
    config::Settings,
    error::Result,
    identity::session::Questions,
    serve::limits::Limits,
    store::{Answer, Change, Db, Once, Rows, Scope, Store, Tx, Visible},
};
use std::{ops::Deref, sync::Arc};

/// What the whole server shares. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// The parts of [`App`].
pub struct Shared {
    /// The settings.
    pub settings: Settings,
    /// How browsers reach this server.
    pub public_url: String,
    /// This machine among those that run instances.
    pub node: String,
    /// The database.
    pub store: Store,
    /// What signs and checks access tokens.
    pub tokens: Tokens,
    /// Who may call what.
    pub policy: CurrentPolicy,
    /// Sessions as they were a moment ago.
    pub sessions: Sessions,
    /// What open streams ask about their sessions.
    pub questions: Questions,
    /// Who has called how often.
    pub limits: Limits,
    /// Refusals on their way into the audit trail.
    pub refusals: Refusals,
}

impl App {
    /// From its parts.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for App {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// One call, or one piece of work that is due.
#[derive(Clone)]
pub struct Cx<S> {
    /// The server.
    pub app: App,
    /// Who calls; absent for work that is due by itself and for calls without a credential.
    pub caller: Option<Caller>,
    /// What becomes known of the call on its way.
    pub known: Arc<Known>,
    /// The request, if it has a key: what it changes is changed once, however often it comes.
    pub once: Option<Once>,
    /// The rows that the caller may see.
    pub db: Db<S>,
}

impl<S: Scope> Cx<S> {
    /// The same call with a snapshot of its own, for work that goes on while others write.
    pub fn fresh(&self) -> Self {
        Self {
            db: self.db.fresh(),
            ..self.clone()
        }
    }

    /// The rows of an entity.
    pub fn find<E: Visible<S>>(&self) -> Rows<'_, S, E> {
        self.db.find::<E>()
    }

    /// Does something in one transaction, with its audit entry, events and idempotency record. Two changes in one call have two names: each has a record of its own.
    pub async fn change<T: Answer>(&self, what: Change, work: impl AsyncFnOnce(&Tx<S>) -> Result<T>) -> Result<T> {
        self.db.change(what.once(self.once.clone()), work).await
    }

    /// The clocks.
    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }

    /// The operational time.
    pub fn now(&self) -> Time {
        self.clock().now()
    }

    /// The business time.
    pub fn business_now(&self) -> Time {
        self.clock().business()
    }
}
