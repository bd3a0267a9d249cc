//! Whether the audit trails are whole: every entry is as it was written, at its place, and none is missing, not even at the end. See [`super::audit_head`].

use super::{
    Owner, Sealer, Setup,
    audit_entry::{self, Column, Entity, Model},
    audit_head, open,
};
use crate::id::AuditEntryId;
use anyhow::Result;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Statement,
    entity::prelude::Uuid,
    sea_query::{Expr, ExprTrait, Func},
};
use std::fmt;

/// How many rows are in memory at a time.
const BATCH: u64 = 500;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Report {
    /// How many entries were found to be in order.
    pub entries: i64,
    /// How many trails there are.
    pub trails: usize,
    /// The first thing that is wrong in each trail that is not whole.
    pub findings: Vec<Finding>,
}

/// The first thing that is wrong in a trail.
#[derive(Debug)]
pub struct Finding {
    /// Whose trail it is.
    pub owner: Owner,
    /// The number of the entry, or the one that would be there.
    pub number: i64,
    /// The entry, if there is one.
    pub id: Option<AuditEntryId>,
    /// What is wrong, beginning with a word for it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} number {}", self.owner.key(), self.number)?;
        if let Some(id) = self.id {
            write!(f, " ({id})")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Looks at all trails, or at that of one owner, in one state of the database.
pub async fn verify(setup: &Setup, sealer: &Sealer, only: Option<Owner>) -> Result<Report> {
    let db = open::reader(setup).await?;
    let check = Check {
        tx: open::snapshot(&db).await?,
        sealer,
    };
    let mut report = Report::default();
    let mut after = None;
    loop {
        let heads = check.heads(after, only).await?;
        for head in &heads {
            check.trail(head, &mut report).await?;
        }
        match heads.last() {
            Some(last) => after = Some(last.id),
            None => break,
        }
    }
    check.headless(only, &mut report).await?;
    Ok(report)
}

struct Check<'a> {
    tx: DatabaseTransaction,
    sealer: &'a Sealer,
}

impl Check<'_> {
    async fn heads(&self, after: Option<Uuid>, only: Option<Owner>) -> Result<Vec<audit_head::Model>> {
        use audit_head::{Column, Entity};
        let mut heads = Entity::find().order_by_asc(Column::Id).limit(BATCH);
        if let Some(after) = after {
            heads = heads.filter(Column::Id.gt(after));
        }
        if let Some(owner) = only {
            heads = heads.filter(Column::Id.eq(audit_head::Model::new(owner).id));
        }
        Ok(heads.all(&self.tx).await?)
    }

    /// Entries of a trail in the order of their numbers, after one of them.
    async fn entries(&self, owner: Owner, after: Option<(i64, AuditEntryId)>, limit: u64) -> Result<Vec<Model>> {
        let mut entries = Entity::find().filter(audit_entry::of(owner)).limit(limit);
        if let Some((number, id)) = after {
            let same = Condition::all().add(Column::Number.eq(number)).add(Column::Id.gt(id));
            entries = entries.filter(Condition::any().add(Column::Number.gt(number)).add(same));
        }
        let entries = entries.order_by_asc(Column::Number).order_by_asc(Column::Id);
        Ok(entries.all(&self.tx).await?)
    }

    /// Walks along one trail as far as it is whole.
    async fn trail(&self, head: &audit_head::Model, report: &mut Report) -> Result<()> {
        let owner = head.owner();
        report.trails += 1;
        let mut last: Option<Model> = None;
        loop {
            let place = last.as_ref().map(|entry| (entry.number, entry.id));
            let batch = self.entries(owner, place, BATCH).await?;
            if batch.is_empty() {
                break;
            }
            for entry in batch {
                let (number, previous) = last.as_ref().map_or((1, &[][..]), |last| (last.number + 1, &last.stamp));
                if let Some(what) = self.wrong(head, &entry, number, previous).await? {
                    let is_missing = what.starts_with(MISSING);
                    report.findings.push(Finding {
                        owner,
                        number: if is_missing { number } else { entry.number },
                        id: Some(entry.id).filter(|_| !is_missing),
                        what,
                    });
                    return Ok(());
                }
                report.entries += 1;
                last = Some(entry);
            }
        }
        let (number, stamp) = last.as_ref().map_or((0, &[][..]), |last| (last.number, &last.stamp));
        let what = match head.entries - number {
            _ if head.stamp.is_empty() => {
                "edited: the head of the trail, which tells how long it is, was forged or missing when an entry was written".to_owned()
            }
            _ if !head.is_genuine(self.sealer) => match self.sealer.unknown_key(&head.stamp) {
                Some(key) => unknown(&key),
                None => "edited: the head of the trail, which tells how long it is, is not as it was written".to_owned(),
            },
            0 if head.last == stamp => return Ok(()),
            missing if missing > 0 => format!("cut off: the last {missing} of {} entries are missing", head.entries),
            _ => "out of order: the head of the trail is that of an earlier time".to_owned(),
        };
        report.findings.push(Finding {
            owner,
            number: number + 1,
            id: None,
            what,
        });
        Ok(())
    }

    /// What is wrong with an entry where number `number` is expected, after the one with the stamp `previous`.
    async fn wrong(&self, head: &audit_head::Model, entry: &Model, number: i64, previous: &[u8]) -> Result<Option<String>> {
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
        } else if let Some(other) = self.other_number(head, entry) {
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
    fn other_number(&self, head: &audit_head::Model, entry: &Model) -> Option<i64> {
        let mut tried = entry.clone();
        (1..=head.entries).find(|number| {
            tried.number = *number;
            *number != entry.number && self.is_genuine(&tried)
        })
    }

    /// The owner in whose trail an entry was written, if it is another.
    async fn other_owner(&self, entry: &Model) -> Result<Option<Owner>> {
        // The entry that it was written after tells, unless it was moved too or there was none.
        let before = Entity::find()
            .filter(Column::Stamp.eq(entry.previous.clone()))
            .one(&self.tx)
            .await?;
        let was_in = |owner: Owner, number: i64| {
            let tried = Model {
                tenant_id: owner.tenant(),
                reseller_id: owner.reseller(),
                number,
                ..entry.clone()
            };
            owner != entry.owner() && self.is_genuine(&tried)
        };
        if let Some(before) = before.filter(|before| was_in(before.owner(), before.number + 1)) {
            return Ok(Some(before.owner()));
        }
        let mut after = None;
        loop {
            let heads = self.heads(after, None).await?;
            let Some(last) = heads.last() else { return Ok(None) };
            after = Some(last.id);
            for owner in heads.iter().map(audit_head::Model::owner) {
                if was_in(owner, entry.number) || was_in(owner, 1) {
                    return Ok(Some(owner));
                }
            }
        }
    }

    /// Whether the next entry is the one that was written here.
    async fn is_in_between(&self, entry: &Model, number: i64, previous: &[u8]) -> Result<bool> {
        let next = self.entries(entry.owner(), Some((entry.number, entry.id)), 1).await?;
        Ok(next
            .into_iter()
            .any(|next| next.previous == previous && self.is_genuine(&Model { number, ..next })))
    }

    /// Trails without a head: of entries that have none, and of accounts that have not one entry.
    async fn headless(&self, only: Option<Owner>, report: &mut Report) -> Result<()> {
        let heads = audit_head::Entity::find().select_only().column(audit_head::Column::Id).into_query();
        let owner = Func::coalesce([Expr::col(Column::TenantId), Expr::col(Column::ResellerId), Expr::value(Uuid::nil())]);
        let loose = Entity::find()
            .filter(Expr::expr(owner).not_in_subquery(heads))
            .order_by_asc(Column::Number);
        let loose = loose.limit(BATCH).all(&self.tx).await?;
        let mut owners: Vec<(Owner, i64, Option<AuditEntryId>)> = Vec::new();
        for entry in loose {
            if !owners.iter().any(|(owner, ..)| *owner == entry.owner()) {
                owners.push((entry.owner(), entry.number, Some(entry.id)));
            }
        }
        for owner in self.accounts().await? {
            if !owners.iter().any(|(known, ..)| *known == owner) {
                owners.push((owner, 1, None));
            }
        }
        for (owner, number, id) in owners {
            if only.is_none_or(|only| only == owner) {
                report.trails += 1;
                let what = match id {
                    Some(_) => "cut off: the head of the trail, which tells how long it is, is missing",
                    None => "cut off: the whole trail is missing",
                };
                report.findings.push(Finding {
                    owner,
                    number,
                    id,
                    what: what.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The accounts that have no trail: to make one is the first entry in it.
    async fn accounts(&self) -> Result<Vec<Owner>> {
        let ids = async |sql: &str| -> Result<Vec<Uuid>> {
            let statement = Statement::from_string(self.tx.get_database_backend(), sql);
            let rows = self.tx.query_all_raw(statement).await?;
            Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
        };
        let tenants = ids("SELECT id FROM tenant WHERE id NOT IN (SELECT id FROM audit_head) LIMIT 500").await?;
        let resellers = ids("SELECT id FROM reseller WHERE id NOT IN (SELECT id FROM audit_head) LIMIT 500").await?;
        let platform =
            "SELECT id FROM \"user\" WHERE NOT EXISTS (SELECT 1 FROM audit_head WHERE tenant_id IS NULL AND reseller_id IS NULL) LIMIT 1";
        let mut accounts: Vec<_> = tenants.into_iter().map(|id| Owner::Tenant(id.into())).collect();
        accounts.extend(resellers.into_iter().map(|id| Owner::Reseller(id.into())));
        accounts.extend(ids(platform).await?.iter().map(|_| Owner::Platform));
        Ok(accounts)
    }
}

const MISSING: &str = "missing";

/// What is said of a stamp that nobody can check.
fn unknown(key: &str) -> String {
    format!("unknown: the stamp names the key {key:?}, which is not in the folder keys_dir")
}
