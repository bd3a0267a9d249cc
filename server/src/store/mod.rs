//! The only code that touches the database.
//!
//! Nobody outside gets a connection: reads go through [`Db`], writes through the [`Tx`] that [`Db::change`] hands out, and both carry a scope that decides which
//! rows exist. An entity that is not [`Visible`] to a scope cannot be read with it: that is a compile error.

pub mod audit_entry;
pub mod audit_head;
mod change;
mod conn;
pub mod event;
mod faults;
mod filter;
pub mod idempotency_record;
mod log;
mod open;
mod page;
mod readers;
mod role;
mod rows;
mod scope;
mod seal;
mod tx;
mod verify;

pub use audit_entry::Refusal;
pub use change::{Answer, Change, Once, Subject};
pub use conn::{Store, until};
pub use event::{Event, Events};
pub use faults::{Fault, Faults};
pub use filter::{Field, Fields, names as filter_names, parse as parse_filter};
pub use open::{Postgres, Setup, migrate, migrations};
pub use page::{Page, Query};
pub use rows::Rows;
pub use scope::{Belongs, Keyed, Owned, Owner, Platform, Reseller, Resource, Row, Scope, Tenant, Visible};
pub use seal::{Sealer, SealingKey};
pub use tx::Tx;
pub use verify::{Finding, Report, verify};

use crate::{clock::Clock, error::Result};
use conn::Conn;
use sea_orm::EntityTrait;
use std::sync::Arc;
use tokio::sync::Mutex;

/// On whose behalf the database is used; it is written into the audit trail.
#[derive(Clone, Debug)]
pub struct Actor {
    /// A user's id, or "system".
    pub id: String,
    /// The user's email address, or "system".
    pub name: String,
    /// The request id of the call.
    pub request_id: String,
    /// The address the call came from; empty for work that is due by itself.
    pub remote_address: String,
    /// Whether it is one of the vendor's staff, who is shown to others as the vendor.
    pub staff: bool,
}

impl Actor {
    /// Work that is due by itself.
    pub fn system(request_id: impl Into<String>) -> Self {
        Self {
            id: "system".into(),
            name: "system".into(),
            request_id: request_id.into(),
            remote_address: String::new(),
            staff: false,
        }
    }
}

/// The rows that scope `S` may see.
///
/// The first read opens a read-only transaction that later reads share, so that one call sees one state of the database over one connection. It ends when this is
/// dropped, or when [`Db::change`] begins to write.
#[derive(Clone)]
pub struct Db<S> {
    store: Store,
    scope: S,
    actor: Arc<Actor>,
    snapshot: Arc<Mutex<Option<Arc<Conn>>>>,
}

impl Store {
    /// The rows of a scope, for an actor. Only `auth` and `work` can make a scope.
    pub fn open<S: Scope>(&self, scope: S, actor: Actor) -> Db<S> {
        Db {
            store: self.clone(),
            scope,
            actor: Arc::new(actor),
            snapshot: Arc::default(),
        }
    }
}

impl<S: Scope> Db<S> {
    /// The rows of an entity.
    pub fn find<E: Visible<S>>(&self) -> Rows<'_, S, E> {
        Rows::new(rows::Source::Db(self), E::find().filter_rows(&self.scope))
    }

    /// The same scope with a snapshot of its own, for work that outlives a call: a stream reads each time anew.
    pub fn fresh(&self) -> Self {
        Self {
            snapshot: Arc::default(),
            ..self.clone()
        }
    }

    /// The same rows, for another actor: a person who has just proven who it is.
    pub fn acting(&self, actor: Actor) -> Self {
        Self {
            actor: Arc::new(actor),
            ..self.clone()
        }
    }

    /// Gives the connection back before something that takes long; later reads see the database as it is then.
    pub async fn release(&self) {
        *self.snapshot.lock().await = None;
    }

    fn widened(&self) -> Db<Platform> {
        Db {
            store: self.store.clone(),
            scope: Platform::new(),
            actor: self.actor.clone(),
            snapshot: Arc::default(),
        }
    }

    /// The scope.
    pub fn scope(&self) -> &S {
        &self.scope
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The clocks.
    pub fn clock(&self) -> &Clock {
        self.store.clock()
    }

    /// What seals secrets at rest.
    pub fn sealer(&self) -> &Sealer {
        self.store.sealer()
    }

    /// The changes that this scope may see, from now or from where a reader stopped.
    pub fn events(&self) -> Events<S>
    where
        event::model::Entity: Visible<S>,
    {
        Events::new(self.fresh())
    }

    async fn snapshot(&self) -> Result<Arc<Conn>> {
        let mut snapshot = self.snapshot.lock().await;
        if let Some(conn) = &*snapshot {
            return Ok(conn.clone());
        }
        let conn = Arc::new(self.store.begin_read(&self.scope.owner()).await?);
        *snapshot = Some(conn.clone());
        Ok(conn)
    }
}

/// Narrows a statement to the rows of a scope; the one place where that is done for reads.
trait FilterRows<S> {
    fn filter_rows(self, scope: &S) -> Self;
}

impl<S: Scope, E: Visible<S>> FilterRows<S> for sea_orm::Select<E> {
    fn filter_rows(self, scope: &S) -> Self {
        use sea_orm::QueryFilter;
        self.filter(<E as Visible<S>>::rows(scope))
    }
}

/// The model of an entity.
pub(crate) type ModelOf<E> = <E as EntityTrait>::Model;
