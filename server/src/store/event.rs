//! The outbox: one event for each row that a committed transaction changed, in an order that readers can go on from without missing any.
//!
//! Sequence numbers are committed in their order, so one is a safe place to go on from: SQLite has one writer, and on PostgreSQL the table gives an event its
//! number within the commit, to one transaction at a time.

use super::{Conn, Db, Owner, Resource, Scope, Store, Tx, Visible};
use crate::{
    clock::Time,
    error::Result,
    id::{Id, ResellerId, TenantId},
};
use chrono::TimeDelta;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::timeout};

/// For how long a reader can go on from a place.
pub const GOOD_FOR: TimeDelta = TimeDelta::hours(1);

/// For how long events are kept: longer than somebody may want to go on from them.
pub const KEPT: TimeDelta = TimeDelta::hours(2);

/// The table.
pub mod model {
    use super::{ResellerId, TenantId, Time};
    use sea_orm::entity::prelude::*;

    /// A row that was changed.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub struct Model {
        /// Counts up.
        #[sea_orm(primary_key)]
        pub seq: i64,
        /// The tenant whose row it is.
        pub tenant_id: Option<TenantId>,
        /// The reseller whose row it is.
        pub reseller_id: Option<ResellerId>,
        /// The kind of the row, for example "deployment".
        pub kind: String,
        /// Its id.
        pub subject_id: Uuid,
        /// When it was changed.
        pub at: Time,
    }

    /// No table is joined to this one.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An event to be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct New {
    kind: &'static str,
    id: Uuid,
    tenant_id: Option<TenantId>,
    reseller_id: Option<ResellerId>,
}

impl New {
    pub(super) fn of<E: Resource>(row: &E::Model) -> Self {
        let owner = E::owner(row);
        Self {
            kind: E::KIND,
            id: E::key(row).uuid(),
            tenant_id: owner.tenant(),
            reseller_id: owner.reseller(),
        }
    }

    pub(super) fn owner(&self) -> Owner {
        Owner::of(self.tenant_id, self.reseller_id)
    }
}

/// A row that was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its sequence number. A reader goes on after it.
    pub seq: i64,
    /// The kind of the row.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

/// Writes the events of a transaction, each row once.
pub(super) async fn write<S: Scope>(tx: &Tx<S>, mut events: Vec<New>) -> Result<()> {
    let mut seen = Vec::new();
    events.retain(|e| {
        !seen.contains(&(e.kind, e.id)) && {
            seen.push((e.kind, e.id));
            true
        }
    });
    if events.is_empty() {
        return Ok(());
    }
    let at = tx.db().clock().now();
    let rows = events.into_iter().map(|e| model::ActiveModel {
        tenant_id: sea_orm::Set(e.tenant_id),
        reseller_id: sea_orm::Set(e.reseller_id),
        kind: sea_orm::Set(e.kind.to_owned()),
        subject_id: sea_orm::Set(e.id),
        at: sea_orm::Set(at),
        ..Default::default()
    });
    model::Entity::insert_many(rows).exec_without_returning(&*tx.conn).await?;
    Ok(())
}

/// How many events are read at once.
const BATCH: u64 = 500;

/// How often other server processes' events are looked for; those of this process ring.
const POLL: Duration = Duration::from_millis(500);

/// How many events are kept in memory.
const RECENT: usize = 10_000;

/// The last events of all accounts, read once for all readers of this process: there are thousands of them, and nearly always there is nothing new for any.
pub(super) struct Recent {
    events: Mutex<Known>,
    /// Tells how far they go.
    newest: watch::Sender<i64>,
}

#[derive(Default)]
struct Known {
    /// All events after this number are here, as far as they were read; `None` before the first are.
    after: Option<i64>,
    all: VecDeque<model::Model>,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self {
            events: Mutex::default(),
            newest: watch::Sender::new(0),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, rows: Vec<model::Model>) {
        let Some(last) = rows.last().map(|row| row.seq) else { return };
        let mut known = self.known();
        known.all.extend(rows);
        while known.all.len() > RECENT {
            known.after = known.all.pop_front().map(|row| row.seq);
        }
        drop(known);
        self.newest.send_replace(last);
    }

    /// The events of an owner after a sequence number; `None` where they go back further than is known here.
    fn after(&self, seq: i64, owner: Owner) -> Option<Vec<Event>> {
        let known = self.known();
        if known.after.is_none_or(|after| after > seq) {
            return None;
        }
        let begin = known.all.partition_point(|row| row.seq <= seq);
        let theirs = known.all.range(begin..).filter(|row| {
            let whose = Owner::of(row.tenant_id, row.reseller_id);
            owner == Owner::Platform || whose == owner
        });
        Some(theirs.cloned().map(Event::from).collect())
    }
}

impl Store {
    /// Keeps the last events in memory, until told to stop.
    pub async fn follow_events(&self, mut stopping: watch::Receiver<bool>) {
        let mut bell = self.bell();
        while !*stopping.borrow() {
            if let Err(error) = self.read_events().await {
                tracing::warn!(%error, "cannot read new events; it is tried again");
            }
            tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => return,
                _ = timeout(POLL, bell.changed()) => {}
            }
        }
    }

    async fn read_events(&self) -> Result<()> {
        let recent = self.recent();
        let conn = self.begin_read(&Owner::Platform).await?;
        let known = recent.known().after.is_some();
        if !known {
            let newest = newest(&conn).await?;
            recent.known().after = Some(newest);
            recent.newest.send_replace(newest);
        }
        loop {
            let last = *recent.newest.borrow();
            let rows = model::Entity::find()
                .filter(model::Column::Seq.gt(last))
                .order_by_asc(model::Column::Seq)
                .limit(BATCH)
                .all(&conn)
                .await?;
            let is_all = (rows.len() as u64) < BATCH;
            recent.add(rows);
            if is_all {
                return Ok(());
            }
        }
    }
}

impl From<model::Model> for Event {
    fn from(row: model::Model) -> Self {
        Self {
            seq: row.seq,
            kind: row.kind,
            id: row.subject_id,
        }
    }
}

/// Reads the events that a scope may see, as they are committed.
pub struct Events<S> {
    db: Db<S>,
    newest: watch::Receiver<i64>,
}

impl<S: Scope> Events<S>
where
    model::Entity: Visible<S>,
{
    pub(super) fn new(db: Db<S>) -> Self {
        let newest = db.store.recent().newest.subscribe();
        Self { db, newest }
    }

    /// The newest sequence number: what is committed after this call comes after it.
    pub async fn now(&self) -> Result<i64> {
        self.db.fresh().newest_event().await
    }

    /// The events after a sequence number, without waiting.
    pub async fn after(&self, seq: i64) -> Result<Vec<Event>> {
        if let Some(recent) = self.db.store.recent().after(seq, self.db.scope().owner()) {
            return Ok(recent);
        }
        let db = self.db.fresh();
        let conn = db.snapshot().await?;
        let rows = model::Entity::find()
            .filter(<model::Entity as Visible<S>>::rows(db.scope()))
            .filter(model::Column::Seq.gt(seq))
            .order_by_asc(model::Column::Seq)
            .limit(BATCH)
            .all(&*conn)
            .await?;
        Ok(rows.into_iter().map(Event::from).collect())
    }

    /// Waits until there may be new events.
    pub async fn rung(&mut self) {
        let _ = tokio::time::timeout(POLL, self.newest.changed()).await;
    }
}

impl<S: Scope> Db<S> {
    /// The newest sequence number in the state that this reads: what is changed later comes after it.
    pub async fn newest_event(&self) -> Result<i64> {
        let conn = self.snapshot().await?;
        newest(&conn).await
    }
}

async fn newest(conn: &Conn) -> Result<i64> {
    let newest = model::Entity::find()
        .select_only()
        .column_as(model::Column::Seq.max(), "newest")
        .into_tuple::<Option<i64>>()
        .one(conn)
        .await?;
    Ok(newest.flatten().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seq: i64, tenant_id: Option<TenantId>) -> model::Model {
        model::Model {
            seq,
            tenant_id,
            reseller_id: None,
            kind: "deployment".into(),
            subject_id: Uuid::nil(),
            at: chrono::Utc::now(),
        }
    }

    #[test]
    fn what_is_remembered_is_each_account_s_own_and_has_no_gap() {
        let (one, other) = (TenantId::new(), TenantId::new());
        let recent = Recent::new();
        let seen = |seq, owner| {
            recent
                .after(seq, owner)
                .map(|events| events.iter().map(|event| event.seq).collect::<Vec<_>>())
        };
        assert_eq!(seen(0, Owner::Platform), None);
        recent.known().after = Some(10);
        assert_eq!(seen(9, Owner::Platform), None);
        assert_eq!(seen(10, Owner::Platform), Some(vec![]));
        recent.add(vec![row(11, Some(one)), row(13, Some(other)), row(14, None), row(15, Some(one))]);
        assert_eq!(seen(10, Owner::Tenant(one)), Some(vec![11, 15]));
        assert_eq!(seen(11, Owner::Tenant(other)), Some(vec![13]));
        assert_eq!(seen(13, Owner::Platform), Some(vec![14, 15]));
        assert_eq!(seen(12, Owner::Reseller(ResellerId::new())), Some(vec![]));
        recent.add((16..16 + RECENT as i64).map(|seq| row(seq, Some(other))).collect());
        assert_eq!(seen(14, Owner::Tenant(one)), None);
        assert_eq!(seen(15, Owner::Tenant(one)), Some(vec![]));
    }
}
