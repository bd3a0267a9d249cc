//! What can be done inside a write transaction.

use super::{Conn, Db, Keyed, ModelOf, Owned, Owner, Platform, Resource, Row, Rows, Scope, Subject, Visible, event, rows::Source};
use crate::error::{Error, Result};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbBackend, EntityTrait, Insert, Iterable, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, SqlErr,
    sea_query::{Expr, IntoCondition, LockBehavior, LockType, OnConflict, SimpleExpr},
};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The rows that scope `S` may see and write, inside one transaction.
pub struct Tx<S> {
    pub(super) conn: Arc<Conn>,
    pub(super) db: Db<S>,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    changes: Vec<Changed>,
    events: Vec<event::New>,
}

/// The fields of one row, or of a part of it, before and after.
pub(super) struct Changed {
    pub(super) subject: Subject,
    pub(super) part: Option<&'static str>,
    pub(super) before: Value,
    pub(super) after: Value,
}

impl Changed {
    /// Of a row: what the machine keeps for itself is left out.
    fn of<E: Resource>(row: &E::Model, mut before: Value, mut after: Value) -> Self {
        for fields in [&mut before, &mut after].into_iter().filter_map(Value::as_object_mut) {
            fields.retain(|name, _| !E::UNAUDITED.contains(&name.as_str()));
        }
        Self {
            subject: Subject::of::<E>(row),
            part: None,
            before,
            after,
        }
    }

    /// Whether the row was not there before.
    pub(super) fn is_new(&self) -> bool {
        self.part.is_none() && self.before.is_null()
    }
}

impl<S: Scope> Tx<S> {
    pub(super) fn new(db: Db<S>, conn: Conn) -> Self {
        Self {
            conn: Arc::new(conn),
            db,
            log: Arc::default(),
        }
    }

    /// The rows of an entity.
    pub fn find<E: Visible<S>>(&self) -> Rows<'_, S, E> {
        Rows::new(Source::Tx(self), E::find().filter(E::rows(self.db.scope())))
    }

    /// The scope, the actor and the clocks.
    pub fn db(&self) -> &Db<S> {
        &self.db
    }

    /// Does a part of the work with all rows in the transaction, for what belongs to no account: a person, who may have a role in several, and the person's sessions.
    pub(crate) async fn widened<T>(&self, work: impl AsyncFnOnce(&Tx<Platform>) -> Result<T>) -> Result<T> {
        let all = Tx {
            conn: self.conn.clone(),
            db: self.db.widened(),
            log: self.log.clone(),
        };
        if self.owner() == Owner::Platform {
            return work(&all).await;
        }
        self.conn.turn_to(&Owner::Platform).await?;
        // After a failure nothing but the end of the transaction follows.
        let done = work(&all).await?;
        self.conn.turn_to(&self.owner()).await?;
        Ok(done)
    }

    fn owner(&self) -> Owner {
        self.db.scope().owner()
    }

    /// The row with an id, which nobody else can change until the transaction ends. Others can still write rows that refer to it: keys never change.
    pub async fn lock<E: Visible<S> + Resource>(&self, id: E::Id) -> Result<E::Model> {
        let mut rows = self.find::<E>();
        rows.select = rows.select.lock(LockType::NoKeyUpdate);
        rows.get(id).await
    }

    /// The rows that meet a condition, in the order of their ids, which nobody else can change until the transaction ends.
    pub async fn lock_all<E: Visible<S> + Resource>(&self, which: impl IntoCondition) -> Result<Vec<E::Model>> {
        let mut rows = self.find::<E>().filter(which).order(E::ID, Order::Asc);
        rows.select = rows.select.lock(LockType::NoKeyUpdate);
        rows.all().await
    }

    /// Writes a new row of a resource.
    pub async fn insert<M>(&self, mut row: M) -> Result<M>
    where
        M: Row,
        M::Table: Resource + Owned<S>,
    {
        M::Table::set_version(&mut row, 1);
        let row = self.put(row).await?;
        self.remember::<M::Table>(Value::Null, &row)?;
        Ok(row)
    }

    /// Like [`Tx::insert`] for a row of which a field is unique: a second one is [`Error::Exists`], with the path of the field in the request.
    pub async fn insert_unique<M>(&self, row: M, field: &'static str, reason: &'static str) -> Result<M>
    where
        M: Row,
        M::Table: Resource + Owned<S>,
    {
        self.insert(row).await.map_err(|error| match error {
            Error::Internal(cause) if is_unique_violation(&cause) => Error::Exists(M::Table::KIND, field, reason),
            other => other,
        })
    }

    /// Changes a row of a resource and gives it the next version. Nothing is written where `edit` changes nothing.
    pub async fn update<M>(&self, before: &M, edit: impl FnOnce(&mut M)) -> Result<M>
    where
        M: Row,
        M::Table: Resource + Owned<S>,
    {
        let mut after = before.clone();
        edit(&mut after);
        M::Table::claim(self.db.scope(), &mut after);
        if after == *before {
            return Ok(after);
        }
        let version = M::Table::version(before);
        M::Table::set_version(&mut after, version + 1);
        if !self.write(before, &after, M::Table::VERSION.eq(version)).await? {
            return Err(Error::Stale);
        }
        self.remember::<M::Table>(serde_json::to_value(before)?, &after)?;
        Ok(after)
    }

    /// Writes what was observed of a resource: neither a new version nor a field in the audit trail, but an event, so that watchers see it. `None` where `guard`
    /// did not hold any more, for example because a lease was lost.
    pub async fn record<M>(&self, before: &M, guard: impl IntoCondition, edit: impl FnOnce(&mut M)) -> Result<Option<M>>
    where
        M: Row,
        M::Table: Resource + Owned<S>,
    {
        let after = self.record_quietly(before, guard, edit).await?;
        if let Some(row) = after.as_ref().filter(|row| *row != before) {
            self.log().events.push(event::New::of::<M::Table>(row));
        }
        Ok(after)
    }

    /// Like [`Tx::record`] without an event: for leases and times of observation.
    pub async fn record_quietly<M>(&self, before: &M, guard: impl IntoCondition, edit: impl FnOnce(&mut M)) -> Result<Option<M>>
    where
        M: Row,
        M::Table: Resource + Owned<S>,
    {
        let mut after = before.clone();
        edit(&mut after);
        Ok(self.write(before, &after, guard).await?.then_some(after))
    }

    /// Writes a new row of a table that is no resource, such as a measurement or a line of a document.
    pub async fn put<M>(&self, mut row: M) -> Result<M>
    where
        M: Row,
        M::Table: Owned<S>,
    {
        M::Table::claim(self.db.scope(), &mut row);
        Insert::one(row.clone().into_active_model().reset_all())
            .exec_without_returning(&*self.conn)
            .await?;
        Ok(row)
    }

    /// Like [`Tx::put`]; answers whether the row was new. A row that collides with one that is there is left out.
    pub async fn put_if_new<M>(&self, mut row: M) -> Result<bool>
    where
        M: Row,
        M::Table: Owned<S>,
    {
        M::Table::claim(self.db.scope(), &mut row);
        let insert = Insert::one(row.into_active_model().reset_all()).on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(insert.exec_without_returning(&*self.conn).await? == 1)
    }

    /// Sets columns of all rows that meet a condition, of a table that is no resource; answers the rows as they are now.
    pub async fn set<E: Owned<S>>(
        &self,
        which: impl IntoCondition,
        columns: impl IntoIterator<Item = (E::Column, SimpleExpr)>,
    ) -> Result<Vec<E::Model>> {
        let mut update = E::update_many().filter(E::rows(self.db.scope())).filter(which.into_condition());
        for (column, value) in columns {
            update = update.col_expr(column, value);
        }
        Ok(update.exec_with_returning(&*self.conn).await?)
    }

    /// Removes all rows that meet a condition, of a table that is no resource; answers how many.
    pub async fn erase<E: Owned<S>>(&self, which: impl IntoCondition) -> Result<u64> {
        let delete = E::delete_many().filter(E::rows(self.db.scope())).filter(which.into_condition());
        Ok(delete.exec(&*self.conn).await?.rows_affected)
    }

    /// Removes up to `limit` of the rows that meet a condition, of a table that is no resource; answers whether there may be more. What nobody needs any more is
    /// removed a little at a time, so that nobody has to wait for it.
    pub async fn erase_some<E: Owned<S>>(&self, which: impl IntoCondition, id: E::Column, limit: u64) -> Result<bool> {
        let some = E::find().select_only().column(id).filter(E::rows(self.db.scope()));
        let some = some.filter(which.into_condition()).limit(limit).into_query();
        Ok(self.erase::<E>(id.in_subquery(some)).await? == limit)
    }

    /// Removes a resource.
    pub async fn delete<M>(&self, row: &M) -> Result<()>
    where
        M: Row,
        M::Table: Resource + Owned<S>,
    {
        if self.erase::<M::Table>(M::Table::ID.eq(M::Table::key(row))).await? != 1 {
            return Err(Error::Stale);
        }
        let gone = Changed::of::<M::Table>(row, serde_json::to_value(row)?, Value::Null);
        let mut log = self.log();
        log.changes.push(gone);
        log.events.push(event::New::of::<M::Table>(row));
        Ok(())
    }

    /// Puts a change of a part of a resource, which is in a table of its own, into the audit trail: a price of a plan.
    pub fn note<E: Resource>(&self, of: &E::Model, part: &'static str, before: Value, after: Value) {
        self.log().changes.push(Changed {
            subject: Subject::of::<E>(of),
            part: Some(part),
            before,
            after,
        });
    }

    /// Takes rows of work that is due, at most `limit`, each by one worker only, in a single statement (SQLite has no row locks).
    pub async fn claim<E: Owned<S> + Resource>(
        &self,
        due: impl IntoCondition,
        first: E::Column,
        limit: u64,
        columns: impl IntoIterator<Item = (E::Column, SimpleExpr)>,
    ) -> Result<Vec<E::Model>> {
        let mut ids = E::find()
            .select_only()
            .column(E::ID)
            .filter(E::rows(self.db.scope()))
            .filter(due.into_condition());
        ids = ids.order_by(first, Order::Asc).limit(limit);
        if self.db.store.backend() == DbBackend::Postgres {
            ids = ids.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        self.set::<E>(E::ID.in_subquery(ids.into_query()), columns).await
    }

    /// Writes the columns in which two versions of a row differ; answers whether the row was there and met `guard`.
    async fn write<M>(&self, before: &M, after: &M, guard: impl IntoCondition) -> Result<bool>
    where
        M: Row,
        M::Table: Resource + Visible<S>,
    {
        let which = Condition::all()
            .add(M::Table::ID.eq(M::Table::key(before)))
            .add(guard.into_condition());
        let changed: Vec<_> = <M::Table as EntityTrait>::Column::iter()
            .filter(|c| after.get(*c) != before.get(*c))
            .collect();
        if changed.is_empty() {
            return Ok(self.find::<M::Table>().filter(which).count().await? == 1);
        }
        let mut update = M::Table::update_many().filter(M::Table::rows(self.db.scope())).filter(which);
        for column in changed {
            update = update.col_expr(column, column.save_as(Expr::val(after.get(column))));
        }
        Ok(update.exec(&*self.conn).await?.rows_affected == 1)
    }

    fn remember<E: Resource>(&self, before: Value, after: &ModelOf<E>) -> Result<()> {
        let changed = Changed::of::<E>(after, before, serde_json::to_value(after)?);
        let mut log = self.log();
        log.changes.push(changed);
        log.events.push(event::New::of::<E>(after));
        Ok(())
    }

    pub(super) fn take_changes(&self) -> Vec<Changed> {
        std::mem::take(&mut self.log().changes)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn commit(self) -> Result<()> {
        let events = std::mem::take(&mut self.log().events);
        let announced = !events.is_empty();
        // Those of persons belong to no account.
        if events.iter().any(|event| event.owner() != self.owner()) {
            self.conn.turn_to(&Owner::Platform).await?;
        }
        event::write(&self, events).await?;
        let store = self.db.store.clone();
        self.into_conn()?.commit().await?;
        if announced {
            store.ring();
        }
        Ok(())
    }

    pub(super) async fn rollback(self) -> Result<()> {
        self.into_conn()?.rollback().await
    }

    fn into_conn(self) -> Result<Conn> {
        Arc::try_unwrap(self.conn).map_err(|_| Error::internal(anyhow::anyhow!("a transaction was used beyond its end")))
    }
}

fn is_unique_violation(cause: &anyhow::Error) -> bool {
    let error = cause.downcast_ref::<sea_orm::DbErr>().and_then(sea_orm::DbErr::sql_err);
    matches!(error, Some(SqlErr::UniqueConstraintViolation(_)))
}
