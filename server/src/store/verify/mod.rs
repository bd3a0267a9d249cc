//! Whether the audit trails are whole: every entry is as it was written, at its place, and none is missing, not even at the end. See [`super::audit_head`].
//!
//! What the database was like at an earlier time is whole too. So an end that is taken away together with the head, in place of which an earlier one is put, is seen only by
//! somebody who has kept elsewhere how long the trails were.

mod entry;

use super::{
    Owner, Sealer, Setup,
    audit_entry::{self, Column, Entity, Model},
    audit_head, open,
};
use crate::id::AuditEntryId;
use anyhow::Result;
use aws_lc_rs::digest::{SHA256, digest};
use entry::{MISSING, unknown};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Statement,
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
    /// The owner, the length and the last stamp of each trail that is whole.
    ends: Vec<u8>,
}

impl Report {
    /// A digest of the ends of the trails: it is the same as long as nothing is written, and as long as nothing is taken away from an end.
    pub fn digest(&self) -> String {
        let digest = digest(&SHA256, &self.ends);
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
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
        for id in &heads {
            match check.head(*id).await? {
                Some(head) => check.trail(&head, &mut report).await?,
                None => check.unreadable(check.owner(*id).await?, 1, &mut report),
            }
        }
        match heads.last() {
            Some(last) => after = Some(*last),
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
    /// Whose trails have heads, by their ids.
    async fn heads(&self, after: Option<Uuid>, only: Option<Owner>) -> Result<Vec<Uuid>> {
        use audit_head::{Column, Entity};
        let mut heads = Entity::find()
            .select_only()
            .column(Column::Id)
            .order_by_asc(Column::Id)
            .limit(BATCH);
        if let Some(after) = after {
            heads = heads.filter(Column::Id.gt(after));
        }
        if let Some(owner) = only {
            heads = heads.filter(Column::Id.eq(audit_head::Model::new(owner).id));
        }
        Ok(heads.into_tuple().all(&self.tx).await?)
    }

    /// A head, if what is there can be read.
    async fn head(&self, id: Uuid) -> Result<Option<audit_head::Model>> {
        match audit_head::Entity::find_by_id(id).one(&self.tx).await {
            Ok(head) => Ok(head),
            Err(error) => self.is_alive(error).await.map(|()| None),
        }
    }

    /// Whose trail a head is that says it only with its id.
    async fn owner(&self, id: Uuid) -> Result<Owner> {
        let statement =
            Statement::from_sql_and_values(self.tx.get_database_backend(), "SELECT id FROM reseller WHERE id = $1", [id.into()]);
        Ok(match self.tx.query_one_raw(statement).await? {
            _ if id.is_nil() => Owner::Platform,
            Some(_) => Owner::Reseller(id.into()),
            None => Owner::Tenant(id.into()),
        })
    }

    /// Whether it was not the database that failed, but what is in it that could not be read.
    async fn is_alive(&self, error: DbErr) -> Result<()> {
        match self.tx.execute_unprepared("SELECT 1").await {
            Ok(_) => Ok(()),
            Err(_) => Err(error.into()),
        }
    }

    /// What is said where there is something that was never written by a server.
    fn unreadable(&self, owner: Owner, number: i64, report: &mut Report) {
        report.findings.push(Finding {
            owner,
            number,
            id: None,
            what: "edited: what is there cannot be read".to_owned(),
        });
    }

    /// Entries of a trail in the order of their numbers, after one of them.
    async fn entries(&self, owner: Owner, after: Option<(i64, AuditEntryId)>, limit: u64) -> Result<Vec<Model>, DbErr> {
        let mut entries = Entity::find().filter(audit_entry::of(owner)).limit(limit);
        if let Some((number, id)) = after {
            let same = Condition::all().add(Column::Number.eq(number)).add(Column::Id.gt(id));
            entries = entries.filter(Condition::any().add(Column::Number.gt(number)).add(same));
        }
        let entries = entries.order_by_asc(Column::Number).order_by_asc(Column::Id);
        entries.all(&self.tx).await
    }

    /// Walks along one trail as far as it is whole.
    async fn trail(&self, head: &audit_head::Model, report: &mut Report) -> Result<()> {
        let owner = head.owner();
        report.trails += 1;
        let mut last: Option<Model> = None;
        loop {
            let place = last.as_ref().map(|entry| (entry.number, entry.id));
            let mut batch = self.entries(owner, place, BATCH).await;
            if batch.is_err() {
                // One of them cannot be read: they are taken one by one as far as that.
                batch = self.entries(owner, place, 1).await;
            }
            let batch = match batch {
                Ok(batch) if batch.is_empty() => break,
                Ok(batch) => batch,
                Err(error) => {
                    self.is_alive(error).await?;
                    let number = last.map_or(1, |last| last.number.saturating_add(1));
                    self.unreadable(owner, number, report);
                    return Ok(());
                }
            };
            for entry in batch {
                let (number, previous) = last
                    .as_ref()
                    .map_or((1, &[][..]), |last| (last.number.saturating_add(1), &last.stamp));
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
        let what = match head.entries.saturating_sub(number) {
            _ if head.stamp.is_empty() => {
                "edited: the head of the trail, which tells how long it is, was forged or missing when an entry was written".to_owned()
            }
            _ if !head.is_genuine(self.sealer) => match self.sealer.unknown_key(&head.stamp) {
                Some(key) => unknown(&key),
                None => "edited: the head of the trail, which tells how long it is, is not as it was written".to_owned(),
            },
            0 if head.last == stamp => {
                report.ends.extend(head.canonical());
                return Ok(());
            }
            missing if missing > 0 => format!("cut off: the last {missing} of {} entries are missing", head.entries),
            _ => "out of order: the head of the trail is that of an earlier time".to_owned(),
        };
        report.findings.push(Finding {
            owner,
            number: number.saturating_add(1),
            id: None,
            what,
        });
        Ok(())
    }

    /// Trails without a head: of entries that have none, and of accounts that have not one entry.
    async fn headless(&self, only: Option<Owner>, report: &mut Report) -> Result<()> {
        let heads = audit_head::Entity::find().select_only().column(audit_head::Column::Id).into_query();
        let owner = Func::coalesce([Expr::col(Column::TenantId), Expr::col(Column::ResellerId), Expr::value(Uuid::nil())]);
        let loose = Entity::find()
            .filter(Expr::expr(owner).not_in_subquery(heads))
            .order_by_asc(Column::Number);
        let loose = match loose.limit(BATCH).all(&self.tx).await {
            Ok(loose) => loose,
            Err(error) => {
                self.is_alive(error).await?;
                self.unreadable(Owner::Platform, 1, report);
                Vec::new()
            }
        };
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
