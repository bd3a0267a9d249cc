//! The outbox: one event for each row that a committed transaction changed, in an order that readers can go on from without missing any.
//!
//! On PostgreSQL a transaction that began earlier may commit later, so a sequence number alone is no safe place to go on from. Events are therefore read in the
//! order of (transaction id, sequence) and only up to the oldest transaction that is still writing. SQLite has one writer: the sequence is the order.

use super::{Db, Resource, Scope, Tx, Visible};
use crate::{
    clock::Time,
    error::Result,
    id::{Id, ResellerId, TenantId},
};
use chrono::TimeDelta;
use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryTrait, Statement, entity::prelude::*, sea_query::ExprTrait,
};
use serde::{Deserialize, Serialize};
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
        /// The transaction on PostgreSQL, 0 on SQLite. The database fills it in.
        pub xid: i64,
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
}

/// A row that was changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Where a reader goes on after it.
    pub cursor: EventCursor,
    /// The kind of the row.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

/// A place in the order of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventCursor {
    /// The transaction.
    pub xid: i64,
    /// The sequence number.
    pub seq: i64,
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

    /// The newest place: what is committed after this call comes after it.
    pub async fn now(&self) -> Result<EventCursor> {
        self.db.fresh().newest_event().await
    }

    /// The events after a place, without waiting.
    pub async fn after(&self, cursor: EventCursor) -> Result<Vec<Event>> {
        use sea_orm::{QueryOrder, QuerySelect, sea_query::Expr};
        let db = self.db.fresh();
        let conn = db.snapshot().await?;
        let backend = conn.get_database_backend();
        let after = Expr::tuple([Expr::col(model::Column::Xid), Expr::col(model::Column::Seq)])
            .gt(Expr::tuple([Expr::val(cursor.xid), Expr::val(cursor.seq)]));
        let select = model::Entity::find()
            .filter(<model::Entity as Visible<S>>::rows(db.scope()))
            .filter(after)
            .filter(Expr::cust(settled(backend)))
            .order_by_asc(model::Column::Xid)
            .order_by_asc(model::Column::Seq)
            .limit(BATCH);
        let rows = conn.query_all_raw(select.build(backend)).await?;
        let rows = rows
            .iter()
            .map(|row| model::Model::from_query_result(row, ""))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(rows
            .into_iter()
            .map(|r| Event {
                cursor: EventCursor { xid: r.xid, seq: r.seq },
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
    /// The newest place in the order of events for the state that this reads: what is changed later comes after it.
    pub async fn newest_event(&self) -> Result<EventCursor> {
        let conn = self.snapshot().await?;
        let backend = conn.get_database_backend();
        let sql = format!(
            "SELECT xid, seq FROM event WHERE {} ORDER BY xid DESC, seq DESC LIMIT 1",
            settled(backend)
        );
        let Some(row) = conn.query_one_raw(Statement::from_string(backend, sql)).await? else {
            return Ok(EventCursor::default());
        };
        Ok(EventCursor {
            xid: row.try_get("", "xid")?,
            seq: row.try_get("", "seq")?,
        })
    }
}

/// Only what no transaction that is still writing can come before.
fn settled(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        _ => "1 = 1",
    }
}
