//! The heads of the audit trails: how many entries the trail of an owner has, and the stamp of the last one.
//!
//! The entries of one owner are numbered from 1 without gaps, and each is stamped over all that is in it, its number and the stamp before it, with a key that is not in the
//! database. Who can write in the database can neither change an entry nor take one out nor put one in without it being seen, and the head, which is stamped too, tells when
//! the end of a trail is cut off. [`super::verify`] looks.

use super::{Owner, Scope, Sealer, Tx, audit_entry};
use crate::{
    error::{Error, Result},
    id::{Id, ResellerId, TenantId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
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

    /// Takes an entry in as the last one.
    pub(super) fn take(&mut self, entry: &mut audit_entry::Model, sealer: &Sealer) -> Result<()> {
        self.entries += 1;
        entry.number = self.entries;
        entry.previous = std::mem::take(&mut self.last);
        entry.stamp = sealer.stamp(&entry.canonical())?;
        self.last = entry.stamp.clone();
        self.stamp = sealer.stamp(&self.canonical())?;
        Ok(())
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
/// one order by all, so that two changes that write in the same trails wait for one another only once.
pub(super) async fn append<S: Scope>(tx: &Tx<S>, mut entries: Vec<audit_entry::Model>) -> Result<()> {
    let heads: BTreeMap<Uuid, Model> = entries
        .iter()
        .map(|entry| Model::new(entry.owner()))
        .map(|head| (head.id, head))
        .collect();
    let mut heads = take_heads(&*tx.conn, heads.into_values().collect()).await?;
    for entry in &mut entries {
        let head = heads.iter_mut().find(|head| head.owner() == entry.owner());
        let head = head.ok_or_else(|| Error::internal(anyhow::anyhow!("a trail has no head")))?;
        head.take(entry, tx.db().sealer())?;
    }
    write(&*tx.conn, entries, heads).await
}

/// Makes the trails of what was written before there were any: it has numbers and no stamps.
pub(super) async fn adopt(tx: &DatabaseTransaction, sealer: &Sealer) -> anyhow::Result<()> {
    use audit_entry::Column as C;
    let mut heads: BTreeMap<Uuid, Model> = BTreeMap::new();
    loop {
        // All trails at once, number by number.
        let unstamped = audit_entry::Entity::find()
            .filter(C::Stamp.eq(Vec::<u8>::new()))
            .order_by_asc(C::Number)
            .limit(500);
        let entries = unstamped.all(tx).await?;
        if entries.is_empty() {
            break;
        }
        for mut entry in entries {
            let new = Model::new(entry.owner());
            heads.entry(new.id).or_insert(new).take(&mut entry, sealer)?;
            audit_entry::Entity::update_many()
                .col_expr(C::Previous, Expr::value(entry.previous))
                .col_expr(C::Stamp, Expr::value(entry.stamp))
                .filter(C::Id.eq(entry.id))
                .exec(tx)
                .await?;
        }
    }
    for head in heads.into_values() {
        Entity::insert(head.into_active_model().reset_all())
            .exec_without_returning(tx)
            .await?;
    }
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
