//! The audit trail: one entry for each change, written with it.

use super::{Scope, Subject, Tx, tx::Changed};
use crate::{
    clock::Time,
    error::Result,
    id::{AuditEntryId, ResellerId, TenantId},
};
use sea_orm::{EntityTrait, Insert, IntoActiveModel, entity::prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One change that somebody made.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    /// The entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AuditEntryId,
    /// The tenant whose trail it is in.
    pub tenant_id: Option<TenantId>,
    /// The reseller whose trail it is in.
    pub reseller_id: Option<ResellerId>,
    /// When.
    pub at: Time,
    /// What was done, for example "tenant.suspend".
    pub action: String,
    /// A user's id, or "system".
    pub actor_id: String,
    /// The user's e-mail address then, or "system".
    pub actor_name: String,
    /// The kind of thing that was changed.
    pub subject_kind: String,
    /// Its id.
    pub subject_id: String,
    /// Its name then.
    pub subject_name: String,
    /// The fields that changed: a list of `{field, before, after}`.
    pub changes: Json,
    /// The request id of the call.
    pub request_id: String,
    /// Where the call came from.
    pub remote_address: String,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fields that say nothing to a person.
const NOISE: [&str; 4] = ["id", "row_version", "created_at", "updated_at"];

/// Writes the entry of a change.
pub(super) async fn write<S: Scope>(tx: &Tx<S>, action: &str, subject: &Subject, changed: Vec<Changed>) -> Result<()> {
    let actor = tx.db().actor();
    let row = Model {
        id: AuditEntryId::new(),
        tenant_id: subject.owner.tenant(),
        reseller_id: subject.owner.reseller(),
        at: tx.db().clock().business(),
        action: action.to_owned(),
        actor_id: actor.id.clone(),
        actor_name: actor.name.clone(),
        subject_kind: subject.kind.to_owned(),
        subject_id: subject.id.clone(),
        subject_name: subject.name.clone(),
        changes: Value::Array(changed.iter().flat_map(|c| fields(c, subject.kind)).collect()),
        request_id: actor.request_id.clone(),
        remote_address: actor.remote_address.clone(),
    };
    Insert::one(row.into_active_model().reset_all())
        .exec_without_returning(&*tx.conn)
        .await?;
    Ok(())
}

/// The fields that differ. Those of other things than the subject carry their kind.
fn fields(changed: &Changed, subject: &str) -> Vec<Value> {
    let empty = serde_json::Map::new();
    let (before, after) = (
        changed.before.as_object().unwrap_or(&empty),
        changed.after.as_object().unwrap_or(&empty),
    );
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    // A field that is nothing does not differ from one that is not there.
    let value = |row: &serde_json::Map<String, Value>, name: &String| row.get(name).cloned().unwrap_or_default();
    let differs = |name: &&&String| !NOISE.contains(&name.as_str()) && value(before, name) != value(after, name);
    names
        .iter()
        .filter(differs)
        .map(|name| {
            let field = if changed.kind == subject {
                (*name).clone()
            } else {
                format!("{}.{name}", changed.kind)
            };
            serde_json::json!({ "field": field, "before": value(before, name), "after": value(after, name) })
        })
        .collect()
}
