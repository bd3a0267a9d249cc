//! What is wrong with an entry that is not the one that is expected.

use super::{
    super::{Owner, audit_entry, audit_head},
    Check,
};
use crate::store::audit_entry::{Column, Entity, Model};
use anyhow::Result;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

/// The word for entries that are not there.
pub(super) const MISSING: &str = "missing";

/// What is said of a stamp that nobody can check.
pub(super) fn unknown(key: &str) -> String {
    format!("unknown: the stamp names the key {key:?}, which is not in the folder keys_dir")
}

impl Check<'_> {
    /// What is wrong with an entry where number `number` is expected, after the one with the stamp `previous`.
    pub(super) async fn wrong(&self, head: &audit_head::Model, entry: &Model, number: i64, previous: &[u8]) -> Result<Option<String>> {
        let follows = entry.number == number && entry.previous == previous;
        let genuine = self.is_genuine(entry);
        if follows && genuine {
            return Ok(None);
        }
        let what = if let Some(key) = self.sealer.unknown_key(&entry.stamp) {
            unknown(&key)
        } else if genuine && entry.number > number {
            format!("{MISSING}: after number {} comes number {}", number - 1, entry.number)
        } else if genuine && entry.number == number {
            "out of order: it was not written after the entry that stands before it".to_owned()
        } else if let Some(other) = self.other_number(head, entry).await? {
            format!("out of order: it was written as number {other}")
        } else if let Some(owner) = self.other_owner(entry).await? {
            format!("foreign: it was written into the trail of {}", owner.key())
        } else if entry.number < number || entry.number > head.entries || self.is_in_between(entry, number, previous).await? {
            "inserted: it was never written here".to_owned()
        } else if entry.number > number {
            format!("{MISSING}: after number {} comes number {}", number - 1, entry.number)
        } else {
            "edited: it is not as it was written".to_owned()
        };
        Ok(Some(what))
    }

    fn is_genuine(&self, entry: &Model) -> bool {
        self.sealer.is_stamp(&entry.canonical(), &entry.stamp)
    }

    /// The number that an entry was written with, if it is another.
    async fn other_number(&self, head: &audit_head::Model, entry: &Model) -> Result<Option<i64>> {
        // What a forged head says would be a search without an end.
        let entries = match head.is_genuine(self.sealer) {
            true => head.entries,
            false => i64::try_from(Entity::find().filter(audit_entry::of(entry.owner())).count(&self.tx).await?)?,
        };
        let mut tried = entry.clone();
        Ok((1..=entries).find(|number| {
            tried.number = *number;
            *number != entry.number && self.is_genuine(&tried)
        }))
    }

    /// The owner in whose trail an entry was written, if it is another.
    async fn other_owner(&self, entry: &Model) -> Result<Option<Owner>> {
        // The entry that it was written after tells, unless it was moved too or there was none.
        let before = Entity::find()
            .filter(Column::Stamp.eq(entry.previous.clone()))
            .one(&self.tx)
            .await
            .unwrap_or_default();
        let was_in = |owner: Owner, number: i64| {
            let tried = Model {
                tenant_id: owner.tenant(),
                reseller_id: owner.reseller(),
                number,
                ..entry.clone()
            };
            owner != entry.owner() && self.is_genuine(&tried)
        };
        if let Some(before) = before.filter(|before| was_in(before.owner(), before.number.saturating_add(1))) {
            return Ok(Some(before.owner()));
        }
        let mut after = None;
        loop {
            let heads = self.heads(after, None).await?;
            let Some(last) = heads.last() else { return Ok(None) };
            after = Some(*last);
            for id in &heads {
                let owner = self.owner(*id).await?;
                if was_in(owner, entry.number) || was_in(owner, 1) {
                    return Ok(Some(owner));
                }
            }
        }
    }

    /// Whether the next entry is the one that was written here.
    async fn is_in_between(&self, entry: &Model, number: i64, previous: &[u8]) -> Result<bool> {
        let next = self.entries(entry.owner(), Some((entry.number, entry.id)), 1).await;
        Ok(next
            .into_iter()
            .flatten()
            .any(|next| next.previous == previous && self.is_genuine(&Model { number, ..next })))
    }
}
