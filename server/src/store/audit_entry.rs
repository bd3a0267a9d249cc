//! The audit trail: one entry for each change, written with it, and for each attempt that was refused.

use super::{Owner, Scope, Subject, Tx, audit_head, tx::Changed};
use crate::{
    clock::Time,
    error::Result,
    id::{AuditEntryId, ResellerId, TenantId},
};
use sea_orm::{Condition, entity::prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One change that somebody made, or was refused.
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
    /// Whether it was one of the vendor's staff.
    pub by_staff: bool,
    /// What came of it: "OK", or the word of the status with which it was refused.
    pub result: String,
    /// Why it was refused: the constant of the refusal, or the fields that were wrong.
    pub reason: String,
    /// Its number in the trail, from 1.
    pub number: i64,
    /// The stamp of the entry before it.
    pub previous: Vec<u8>,
    /// The stamp of this one.
    pub stamp: Vec<u8>,
}

/// The result of what was done.
pub const DONE: &str = "OK";

/// An attempt that was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The RPC, as `TenantAdminService/InviteUser`.
    pub rpc: String,
    /// The word of the status.
    pub result: &'static str,
    /// The constant of the refusal, or the fields that were wrong.
    pub reason: String,
    /// What it was about, as far as that is known.
    pub about: Option<Subject>,
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
    let made: Vec<_> = changed.iter().filter(|c| c.is_new()).map(|c| c.subject.clone()).collect();
    let mut trails: Vec<(Subject, Vec<Changed>)> = vec![(subject.clone(), Vec::new())];
    for change in changed {
        let home = |trail: &&mut (Subject, Vec<Changed>)| readable(&change.subject.owner, &trail.0.owner);
        match trails.iter_mut().find(home) {
            Some((_, changes)) => changes.push(change),
            None => trails.push((change.subject.clone(), vec![change])),
        }
    }
    let entries = trails.into_iter().map(|(subject, changes)| {
        let changes = changes.iter().flat_map(|c| fields(c, subject.kind)).collect();
        entry(tx, action, subject, changes)
    });
    audit_head::append(tx, entries.collect(), &made).await
}

/// Writes the entry of an attempt that was refused, into the trail of the account that the transaction acts for.
pub(super) async fn refuse<S: Scope>(tx: &Tx<S>, refusal: Refusal) -> Result<()> {
    let owner = tx.db().scope().owner();
    let subject = match refusal.about {
        Some(about) => Subject { owner, ..about },
        None => Subject {
            kind: "call",
            id: String::new(),
            name: String::new(),
            owner,
        },
    };
    let entry = Model {
        result: refusal.result.to_owned(),
        reason: refusal.reason,
        ..entry(tx, &refusal.rpc, subject, Vec::new())
    };
    audit_head::append(tx, vec![entry], &[]).await
}

/// Whether a change of a row may stand in a trail. What belongs to no account is told with what it was changed for.
fn readable(row: &Owner, trail: &Owner) -> bool {
    row == trail || matches!((row, trail), (Owner::Platform, _) | (_, Owner::Platform))
}

fn entry<S: Scope>(tx: &Tx<S>, action: &str, subject: Subject, changes: Vec<Value>) -> Model {
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
        changes: Value::Array(changes),
        subject_id: subject.id,
        subject_name: subject.name,
        request_id: actor.request_id.clone(),
        remote_address: actor.remote_address.clone(),
        by_staff: actor.staff,
        result: DONE.to_owned(),
        reason: String::new(),
        number: 0,
        previous: Vec::new(),
        stamp: Vec::new(),
    }
}

impl Model {
    /// In whose trail it is.
    pub(super) fn owner(&self) -> Owner {
        Owner::of(self.tenant_id, self.reseller_id)
    }

    /// What the stamp is over: every field but the stamp itself, each with its length, in a form that does not depend on how a database keeps it.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let Self {
            id,
            tenant_id,
            reseller_id,
            at,
            action,
            actor_id,
            actor_name,
            subject_kind,
            subject_id,
            subject_name,
            changes,
            request_id,
            remote_address,
            by_staff,
            result,
            reason,
            number,
            previous,
            stamp: _,
        } = self;
        let text = |id: Option<String>| id.unwrap_or_default();
        let (id, tenant, reseller) = (
            id.to_string(),
            text(tenant_id.map(|id| id.to_string())),
            text(reseller_id.map(|id| id.to_string())),
        );
        let mut json = String::new();
        sorted(changes, &mut json);
        let fields: [&[u8]; 19] = [
            b"audit entry 1",
            id.as_bytes(),
            tenant.as_bytes(),
            reseller.as_bytes(),
            &at.timestamp_micros().to_be_bytes(),
            action.as_bytes(),
            actor_id.as_bytes(),
            actor_name.as_bytes(),
            subject_kind.as_bytes(),
            subject_id.as_bytes(),
            subject_name.as_bytes(),
            json.as_bytes(),
            request_id.as_bytes(),
            remote_address.as_bytes(),
            &[u8::from(*by_staff)],
            result.as_bytes(),
            reason.as_bytes(),
            &number.to_be_bytes(),
            previous,
        ];
        let mut bytes = Vec::new();
        for field in fields {
            bytes.extend((field.len() as u64).to_be_bytes());
            bytes.extend(field);
        }
        bytes
    }
}

/// The entries of a trail.
pub(super) fn of(owner: Owner) -> Condition {
    let condition = Condition::all();
    match owner {
        Owner::Platform => condition.add(Column::TenantId.is_null()).add(Column::ResellerId.is_null()),
        Owner::Tenant(id) => condition.add(Column::TenantId.eq(id)),
        Owner::Reseller(id) => condition.add(Column::TenantId.is_null()).add(Column::ResellerId.eq(id)),
    }
}

/// JSON with the members of objects in the order of their names: PostgreSQL has an order of its own.
fn sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let members: std::collections::BTreeMap<_, _> = members.iter().collect();
            for (at, (name, member)) in members.into_iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                sorted(member, out);
            }
            // Also after none, which is told from a list by it.
            out.push('}');
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                sorted(item, out);
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
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
