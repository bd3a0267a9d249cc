//! Repeated requests: the same key with the same request answers what was answered before and has no second effect.

use super::{Once, Scope, Tx};
use crate::{
    clock::Time,
    error::{Error, Result},
    id::{ResellerId, TenantId},
};
use sea_orm::{ColumnTrait, EntityTrait, Insert, IntoActiveModel, QueryFilter, entity::prelude::*, sea_query::OnConflict};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A request that was answered, kept for at least a day.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_record")]
pub struct Model {
    /// A digest of owner, person, action and key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant who asked.
    pub tenant_id: Option<TenantId>,
    /// The reseller who asked.
    pub reseller_id: Option<ResellerId>,
    /// A digest of the request.
    pub fingerprint: Vec<u8>,
    /// What was answered.
    pub answer: Json,
    /// When.
    pub created_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A key is its chooser's own: another person of the same account, and the same person in another account, may choose the same.
fn key<S: Scope>(tx: &Tx<S>, action: &str, once: &Once) -> Uuid {
    let (owner, person) = (tx.db().scope().owner().key(), &tx.db().actor().id);
    let digest = Sha256::digest(format!("{owner}\n{person}\n{action}\n{}", once.request_id));
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(id)
}

/// Takes the key. The answer of before, if the key was taken with the same request; two requests at once wait for one another here.
pub(super) async fn begin<S: Scope>(tx: &Tx<S>, action: &str, once: &Once) -> Result<Option<serde_json::Value>> {
    let owner = tx.db().scope().owner();
    let id = key(tx, action, once);
    let row = Model {
        id,
        tenant_id: owner.tenant(),
        reseller_id: owner.reseller(),
        fingerprint: once.fingerprint.clone(),
        answer: serde_json::Value::Null,
        created_at: tx.db().clock().now(),
    };
    let insert = Insert::one(row.into_active_model().reset_all()).on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned());
    if insert.exec_without_returning(&*tx.conn).await? == 1 {
        return Ok(None);
    }
    let known = Entity::find_by_id(id).one(&*tx.conn).await?;
    match known {
        Some(known) if known.fingerprint == once.fingerprint => Ok(Some(known.answer)),
        _ => Err(Error::Exists("request", "request_id", "REQUEST_ID_REUSED")),
    }
}

/// Stores the answer for the key.
pub(super) async fn finish<S: Scope>(tx: &Tx<S>, action: &str, once: &Once, answer: &impl Serialize) -> Result<()> {
    let answer = serde_json::to_value(answer)?;
    Entity::update_many()
        .col_expr(Column::Answer, Expr::value(answer))
        .filter(Column::Id.eq(key(tx, action, once)))
        .exec(&*tx.conn)
        .await?;
    Ok(())
}
