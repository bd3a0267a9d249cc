//! The heads of the audit trails: how many entries the trail of an owner has, and the stamp of the last one.
//!
//! The entries of one owner are numbered from 1 without gaps, and each is stamped over all that is in it, its number and the stamp before it, with a key that is not in the
//! database. Who can write in the database can neither change an entry nor take one out nor put one in without it being seen, and the head, which is stamped too, tells when
//! the end of a trail is cut off, unless an earlier head is put in its place. [`super::verify`] looks.
//!
//! A head gets a new stamp only where the one that it had is good. One that was forged, or is missing although the account has been there for a while, never gets one again,
//! so that what was done to the trail is not forgotten with the next entry. Work goes on all the same.

use super::{Owner, Scope, Sealer, Subject, Tx, audit_entry};
use crate::{
    error::{Error, Result},
    id::{Id, ResellerId, TenantId},
};
use sea_orm::{
    ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Statement,
    entity::prelude::*,
    sea_query::{ExprTrait, OnConflict},
};
use std::collections::BTreeMap;

/// The head of one trail.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// The UUID of the owner; that of the platform is all zeros.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The tenant whose trail it is.
    pub tenant_id: Option<TenantId>,
    /// The reseller whose trail it is.
    pub reseller_id: Option<ResellerId>,
    /// How many entries there are, which is the number of the last one.
    pub entries: i64,
    /// The stamp of the last one.
    pub last: Vec<u8>,
    /// The stamp of this head.
    pub stamp: Vec<u8>,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Of a trail without entries.
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            id: match owner {
                Owner::Platform => Uuid::nil(),
                Owner::Tenant(id) => id.uuid(),
                Owner::Reseller(id) => id.uuid(),
            },
            tenant_id: owner.tenant(),
            reseller_id: owner.reseller(),
            entries: 0,
            last: Vec::new(),
            stamp: Vec::new(),
        }
    }

    /// Whose trail it is.
    pub(super) fn owner(&self) -> Owner {
        Owner::of(self.tenant_id, self.reseller_id)
    }

    /// Takes an entry in as the last one. The head is not stamped by it.
    fn take(&mut self, entry: &mut audit_entry::Model, sealer: &Sealer) -> Result<()> {
        let full = || Error::internal(anyhow::anyhow!("a trail has no numbers left"));
        self.entries = self.entries.checked_add(1).ok_or_else(full)?;
        entry.number = self.entries;
        entry.previous = std::mem::take(&mut self.last);
        entry.stamp = sealer.stamp(&entry.canonical())?;
        self.last = entry.stamp.clone();
        Ok(())
    }

    /// Whether it is as it was written, and of this owner.
    pub(super) fn is_genuine(&self, sealer: &Sealer) -> bool {
        Self::new(self.owner()).id == self.id && sealer.is_stamp(&self.canonical(), &self.stamp)
    }

    /// What the stamp is over. It differs from that of any entry in its first words.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let owner = self.owner().key();
        [
            b"audit head 1\n",
            owner.as_bytes(),
            b"\n",
            &self.entries.to_be_bytes()[..],
            &self.last,
        ]
        .concat()
    }
}

/// Writes entries at the ends of the trails of their owners, which nobody else can write in until the transaction ends: so this comes last in it. The heads are taken in
/// one order by all, so that two changes that write in the same trails wait for one another only once. `made` is what was not there before the transaction.
pub(super) async fn append<S: Scope>(tx: &Tx<S>, mut entries: Vec<audit_entry::Model>, made: &[Subject]) -> Result<()> {
    let heads: BTreeMap<Uuid, Model> = entries
        .iter()
        .map(|entry| Model::new(entry.owner()))
        .map(|head| (head.id, head))
        .collect();
    let sealer = tx.db().sealer();
    let mut heads = take_heads(&*tx.conn, heads.into_values().collect()).await?;
    for head in &mut heads {
        let mut own: Vec<_> = entries.iter_mut().filter(|entry| Model::new(entry.owner()).id == head.id).collect();
        let Some(owner) = own.first().map(|entry| entry.owner()) else {
            continue;
        };
        let is_whole = head.is_genuine(sealer) || begins(tx, head, owner, made).await?;
        if !is_whole {
            if let Some(key) = sealer.unknown_key(&head.stamp) {
                let cause = anyhow::anyhow!(
                    "the audit trail of {} is stamped with the key {key:?}, which is not in the folder keys_dir",
                    owner.key()
                );
                return Err(Error::Unavailable(cause));
            }
            tracing::error!(
                owner = owner.key(),
                "the head of an audit trail is forged or missing: `tenantry audit verify` names that trail from now on"
            );
            go_on(tx, head, owner).await?;
        }
        for entry in &mut own {
            head.take(entry, sealer)?;
        }
        head.stamp = match is_whole {
            true => sealer.stamp(&head.canonical())?,
            false => Vec::new(),
        };
    }
    write(&*tx.conn, entries, heads).await
}

/// Whether a head that has no stamp is new because the trail is: the account was made in this transaction, or, for the platform, there is nobody else yet.
async fn begins<S: Scope>(tx: &Tx<S>, head: &Model, owner: Owner, made: &[Subject]) -> Result<bool> {
    if *head != Model::new(owner) {
        return Ok(false);
    }
    if owner != Owner::Platform {
        return Ok(made.iter().any(|subject| subject.id == owner.key()));
    }
    let sql = "SELECT (SELECT count(*) FROM \"user\") AS people, EXISTS (SELECT 1 FROM audit_entry) AS told";
    let found = tx
        .widened(async |all| {
            let statement = Statement::from_string(all.conn.get_database_backend(), sql);
            Ok(all.conn.query_one_raw(statement).await?)
        })
        .await?;
    let Some(found) = found else { return Ok(false) };
    let new = made.iter().filter(|subject| subject.kind == "user").count();
    Ok(usize::try_from(found.try_get::<i64>("", "people")?) == Ok(new) && !found.try_get::<bool>("", "told")?)
}

/// Puts a head that cannot be trusted after the last entry that there is, so that its number is not taken.
async fn go_on<S: Scope>(tx: &Tx<S>, head: &mut Model, owner: Owner) -> Result<()> {
    use audit_entry::Column as C;
    let last = audit_entry::Entity::find().filter(audit_entry::of(owner)).order_by_desc(C::Number);
    let last = tx.widened(async |all| Ok(last.one(&*all.conn).await?)).await?;
    (head.entries, head.last) = last.map_or_else(Default::default, |entry| (entry.number, entry.stamp));
    Ok(())
}

/// The heads as they are; those that are missing are made. Nobody else gets one of them before the transaction ends.
async fn take_heads(conn: &impl ConnectionTrait, heads: Vec<Model>) -> Result<Vec<Model>> {
    // Where there is one already, writing what stands there holds it.
    let as_it_is = OnConflict::column(Column::Id)
        .value(Column::Entries, Expr::col((Entity, Column::Entries)).add(0_i64))
        .to_owned();
    let insert = Entity::insert_many(heads.into_iter().map(|head| head.into_active_model().reset_all()));
    Ok(insert.on_conflict(as_it_is).exec_with_returning(conn).await?)
}

async fn write(conn: &impl ConnectionTrait, entries: Vec<audit_entry::Model>, heads: Vec<Model>) -> Result<()> {
    let new = OnConflict::column(Column::Id)
        .update_columns([Column::Entries, Column::Last, Column::Stamp])
        .to_owned();
    audit_entry::Entity::insert_many(entries.into_iter().map(|entry| entry.into_active_model().reset_all()))
        .exec_without_returning(conn)
        .await?;
    Entity::insert_many(heads.into_iter().map(|head| head.into_active_model().reset_all()))
        .on_conflict(new)
        .exec_without_returning(conn)
        .await?;
    Ok(())
}
