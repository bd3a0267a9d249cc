//! Reading: the rows of an entity that a scope may see, narrowed further.

use super::{Conn, Db, Keyed, Scope, Tx, Visible};
use crate::error::{Error, Result};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, IntoCondition},
};
use std::sync::Arc;

/// Where rows are read from.
pub(super) enum Source<'d, S> {
    Db(&'d Db<S>),
    Tx(&'d Tx<S>),
}

/// The visible rows of `E`, before they are fetched.
pub struct Rows<'d, S, E: EntityTrait> {
    pub(super) source: Source<'d, S>,
    pub(super) select: Select<E>,
}

impl<S: Scope> Source<'_, S> {
    pub(super) async fn conn(&self) -> Result<Arc<Conn>> {
        match self {
            Self::Db(db) => db.snapshot().await,
            Self::Tx(tx) => Ok(tx.conn.clone()),
        }
    }

    pub(super) fn db(&self) -> &Db<S> {
        match self {
            Self::Db(db) => db,
            Self::Tx(tx) => &tx.db,
        }
    }
}

impl<'d, S: Scope, E: Visible<S>> Rows<'d, S, E> {
    pub(super) fn new(source: Source<'d, S>, select: Select<E>) -> Self {
        Self { source, select }
    }

    /// Only rows that meet a condition as well.
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.select = self.select.filter(condition.into_condition());
        self
    }

    /// Only rows in which a column has a value.
    pub fn with<V: Into<sea_orm::Value>>(self, column: E::Column, value: V) -> Self {
        self.filter(column.eq(value))
    }

    /// The order, after the ones given before.
    pub fn order(mut self, column: E::Column, order: Order) -> Self {
        self.select = self.select.order_by(column, order);
        self
    }

    /// At most so many.
    pub fn limit(mut self, count: u64) -> Self {
        self.select = self.select.limit(count);
        self
    }

    /// All of them.
    pub async fn all(self) -> Result<Vec<E::Model>> {
        Ok(self.select.all(&*self.source.conn().await?).await?)
    }

    /// The first of them, if there is one.
    pub async fn first(self) -> Result<Option<E::Model>> {
        Ok(self.select.one(&*self.source.conn().await?).await?)
    }

    /// How many there are.
    pub async fn count(self) -> Result<i64> {
        let count = self.select.select_only().expr_as(Expr::cust("count(*)"), "count");
        Ok(count
            .into_tuple::<i64>()
            .one(&*self.source.conn().await?)
            .await?
            .unwrap_or_default())
    }

    /// Computes over them: sums, groups. The statement keeps its scope.
    pub async fn compute<T: FromQueryResult>(self, statement: impl FnOnce(Select<E>) -> Select<E>) -> Result<Vec<T>> {
        Ok(statement(self.select).into_model::<T>().all(&*self.source.conn().await?).await?)
    }
}

impl<S: Scope, E: Visible<S> + Keyed> Rows<'_, S, E> {
    /// The row with an id. A row outside of the scope is as missing as one that never was.
    pub async fn get(self, id: E::Id) -> Result<E::Model> {
        let Self { source, select } = self.with(E::ID, id);
        let conn = source.conn().await?;
        // There is one at most. A LIMIT, as `one` would put it, makes SQLite plan the statement anew each time.
        let statement = select.build(conn.get_database_backend());
        let row = E::find().from_raw_sql(statement).one(&*conn).await?;
        row.ok_or(Error::NotFound(E::KIND))
    }

    /// The rows with any of these ids.
    pub fn among(self, ids: impl IntoIterator<Item = E::Id>) -> Self {
        let ids: Vec<sea_orm::Value> = ids.into_iter().map(Into::into).collect();
        self.filter(E::ID.is_in(ids))
    }
}
