//! The outbox: one event for each row that a committed transaction changed, in an order that readers can go on from without missing any.
//!
//! Sequence numbers are committed in their order, so one is a safe place to go on from: SQLite has one writer, and on PostgreSQL the table gives an event its
//! number within the commit, to one transaction at a time.

use super::{Db, Owner, Resource, Scope, Tx, Visible};
use crate::{
    clock::Time,
    error::Result,
    id::{Id, ResellerId, TenantId},
};
use chrono::TimeDelta;
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use std::time::Duration;

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

/// Reads the events that a scope may see, as they are committed.
pub struct Events<S> {
    db: Db<S>,
    bell: tokio::sync::watch::Receiver<()>,
}

impl<S: Scope> Events<S>
where
    model::Entity: Visible<S>,
{
    pub(super) fn new(db: Db<S>) -> Self {
        let bell = db.store.bell();
        Self { db, bell }
    }

    /// The newest sequence number: what is committed after this call comes after it.
    pub async fn now(&self) -> Result<i64> {
        self.db.fresh().newest_event().await
    }

    /// The events after a sequence number, without waiting.
    pub async fn after(&self, seq: i64) -> Result<Vec<Event>> {
        let db = self.db.fresh();
        let conn = db.snapshot().await?;
        let rows = model::Entity::find()
            .filter(<model::Entity as Visible<S>>::rows(db.scope()))
            .filter(model::Column::Seq.gt(seq))
            .order_by_asc(model::Column::Seq)
            .limit(BATCH)
            .all(&*conn)
            .await?;
        Ok(rows
            .into_iter()
            .map(|r| Event {
                seq: r.seq,
                kind: r.kind,
                id: r.subject_id,
            })
            .collect())
    }

    /// Waits until there may be new events.
    pub async fn rung(&mut self) {
        let _ = tokio::time::timeout(POLL, self.bell.changed()).await;
    }
}

impl<S: Scope> Db<S> {
    /// The newest sequence number in the state that this reads: what is changed later comes after it.
    pub async fn newest_event(&self) -> Result<i64> {
        let conn = self.snapshot().await?;
        let newest = model::Entity::find()
            .select_only()
            .column_as(model::Column::Seq.max(), "newest")
            .into_tuple::<Option<i64>>()
            .one(&*conn)
            .await?;
        Ok(newest.flatten().unwrap_or_default())
    }
}
