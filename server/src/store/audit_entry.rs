//! The audit trail: one entry for each change, written with it.

use super::{Owner, Scope, Subject, Tx, tx::Changed};
use crate::{
    clock::Time,
    error::Result,
    id::{AuditEntryId, ResellerId, TenantId},
};
use sea_orm::{EntityTrait, IntoActiveModel, entity::prelude::*};
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
    /// The user's email address then, or "system".
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

/// Writes the entry of a change. Rows of other accounts than the subject's that changed with it have entries of their own, in the trails of those accounts: what a
/// reseller earns on a payment is not the tenant's to read.
pub(super) async fn write<S: Scope>(tx: &Tx<S>, action: &str, subject: &Subject, changed: Vec<Changed>) -> Result<()> {
    let mut trails: Vec<(Subject, Vec<Changed>)> = vec![(subject.clone(), Vec::new())];
    for change in changed {
        let home = |trail: &&mut (Subject, Vec<Changed>)| readable(&change.subject.owner, &trail.0.owner);
        match trails.iter_mut().find(home) {
            Some((_, changes)) => changes.push(change),
            None => trails.push((change.subject.clone(), vec![change])),
        }
    }
    let rows = trails.into_iter().map(|(subject, changes)| entry(tx, action, subject, &changes));
    Entity::insert_many(rows.map(|row| row.into_active_model().reset_all()))
        .exec_without_returning(&*tx.conn)
        .await?;
    Ok(())
}

/// Whether a change of a row may stand in a trail. What belongs to no account is told with what it was changed for.
fn readable(row: &Owner, trail: &Owner) -> bool {
    row == trail || matches!((row, trail), (Owner::Platform, _) | (_, Owner::Platform))
}

fn entry<S: Scope>(tx: &Tx<S>, action: &str, subject: Subject, changed: &[Changed]) -> Model {
    let actor = tx.db().actor();
    Model {
        id: AuditEntryId::new(),
        tenant_id: subject.owner.tenant(),
        reseller_id: subject.owner.reseller(),
        at: tx.db().clock().business(),
        action: action.to_owned(),
        actor_id: actor.id.clone(),
        actor_name: actor.name.clone(),
        subject_kind: subject.kind.to_owned(),
        changes: Value::Array(changed.iter().flat_map(|c| fields(c, subject.kind)).collect()),
        subject_id: subject.id,
        subject_name: subject.name,
        request_id: actor.request_id.clone(),
        remote_address: actor.remote_address.clone(),
    }
}

/// The fields that differ. Those of other things than the subject carry their kind.
fn fields(changed: &Changed, subject: &str) -> Vec<Value> {
    let empty = serde_json::Map::new();
    let (before, after) = (
        changed.before.as_object().unwrap_or(&empty),
        changed.after.as_object().unwrap_or(&empty),
    );
    let prefix = match changed.part {
        Some(part) => Some(part),
        None => Some(changed.subject.kind).filter(|kind| *kind != subject),
    };
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    // A field that is nothing does not differ from one that is not there.
    let value = |row: &serde_json::Map<String, Value>, name: &String| row.get(name).cloned().unwrap_or_default();
    let differs = |name: &&&String| !NOISE.contains(&name.as_str()) && value(before, name) != value(after, name);
    names
        .iter()
        .filter(differs)
        .map(|name| {
            let field = prefix.map_or_else(|| (*name).clone(), |prefix| format!("{prefix}.{name}"));
            serde_json::json!({ "field": field, "before": value(before, name), "after": value(after, name) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_reads_its_own_changes_and_those_of_no_account() {
        let (one, other) = (Owner::Tenant(TenantId::new()), Owner::Tenant(TenantId::new()));
        let reseller = Owner::Reseller(ResellerId::new());
        assert!(readable(&one, &one) && readable(&Owner::Platform, &one) && readable(&reseller, &Owner::Platform));
        assert!(!readable(&other, &one) && !readable(&reseller, &one) && !readable(&one, &reseller));
    }
}
