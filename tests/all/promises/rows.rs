//! A world in which every list has several rows, and more of them come and go as often as a test wants it.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use anyhow::{Context, Result, ensure};
use chrono::{SecondsFormat, SubsecRound, TimeDelta, Utc};
use portal_client::{pb, request_id};
use tenantry::{
    id::{Id, ResellerId, TenantId},
    store::Change,
    tenancy::tenant::entity as tenant,
    work,
};
use tenantry_tests::{Database, Db, Harness, make};
use tokio::sync::{Mutex, OnceCell};
use uuid::Uuid;

use super::Chance;
use crate::matrix::{Owned, World};

/// How many rows there are more than before, in every list.
const MORE: usize = 5;

/// A server, a world, and who writes there.
pub struct Busy {
    pub h: Harness,
    pub world: World,
    writer: Mutex<Writer>,
    turn: AtomicUsize,
}

/// Writes past the server: what has an instance takes long otherwise, and time need not go by for what is billed.
struct Writer {
    db: Db,
    chance: Chance,
    /// What takes away what came, by rounds.
    rounds: VecDeque<Vec<String>>,
    guests: VecDeque<Vec<pb::RemoveUserRequest>>,
}

impl Busy {
    /// The one of a database, which several tests share.
    pub async fn of(database: Database) -> Result<&'static Self> {
        static ALL: [OnceCell<Busy>; 2] = [OnceCell::const_new(), OnceCell::const_new()];
        let place = match database {
            Database::Sqlite => &ALL[0],
            Database::Postgres => &ALL[1],
        };
        let busy = place.get_or_try_init(|| Self::make(database)).await?;
        busy.world.fresh(&busy.h).await?;
        Ok(busy)
    }

    pub async fn make(database: Database) -> Result<Self> {
        let h = Harness::alone(database).await?;
        let world = World::make(&h).await?;
        let writer = Writer {
            db: Db::open(&h.settings).await?,
            chance: Chance(11),
            rounds: VecDeque::new(),
            guests: VecDeque::new(),
        };
        let busy = Self {
            h,
            world,
            writer: Mutex::new(writer),
            turn: AtomicUsize::new(0),
        };
        for _ in 0..MORE {
            busy.write().await?;
        }
        Ok(busy)
    }

    /// Adds a row to every list of everybody, before or after those that are there, and takes away what came some rounds before.
    pub async fn write(&self) -> Result<()> {
        let writer = &mut *self.writer.lock().await;
        let (tenant, customer, reseller) = (&self.world.tenants[0], &self.world.customers[0], &self.world.resellers[0]);
        let mut round = self.accounts(reseller, &writer.db).await?;
        // A transaction of SQLite that turns to writing later does not wait for others.
        let begin = match self.h.database() {
            Database::Sqlite => "BEGIN IMMEDIATE",
            Database::Postgres => "BEGIN",
        };
        writer.db.execute(begin).await?;
        for of in [tenant, customer] {
            writer.tenant(of, reseller, &mut round).await?;
        }
        writer.copy("plan", uuid(&self.world.platform, "pla")?, &[], &mut round).await?;
        // What came last goes first.
        round.reverse();
        writer.rounds.push_back(round);
        if writer.rounds.len() > MORE + 1 {
            for gone in writer.rounds.pop_front().unwrap_or_default() {
                writer.db.execute(&gone).await?;
            }
        }
        writer.db.execute("COMMIT").await?;
        // People come as they do, which leaves an entry in each audit trail.
        let guests = self.invite(tenant, reseller).await?;
        writer.guests.push_back(guests);
        if writer.guests.len() > MORE + 1 {
            for guest in writer.guests.pop_front().unwrap_or_default() {
                self.h.master().remove_user(guest).await?;
            }
        }
        Ok(())
    }

    /// A reseller and a customer, each with an audit trail of its own.
    async fn accounts(&self, reseller: &Owned, db: &Db) -> Result<Vec<String>> {
        let is_before = self.turn.fetch_add(1, Relaxed).is_multiple_of(2);
        let name = format!("{}-{}", if is_before { "a" } else { "zz" }, &request_id()[24..]);
        let made = self.h.master().create_reseller(make::reseller(&name)).await?;
        let cx = work::cx(&self.h.running.app);
        let like = cx.find::<tenant::Entity>().get(uuid(reseller, "ten")?.into()).await?;
        let customer = tenant::Model {
            id: TenantId::new(),
            slug: name.clone(),
            display_name: name,
            created_at: cx.now(),
            ..like
        };
        let customer = cx.change(Change::new("test.tenant"), async |tx| tx.insert(customer).await).await?;
        let (made, customer) = (db.id(made.id.parse::<ResellerId>()?.uuid()), db.id(customer.id.uuid()));
        Ok(vec![
            format!("DELETE FROM tenant WHERE id = {customer}"),
            format!("DELETE FROM reseller WHERE id = {made}"),
            format!("DELETE FROM commission_agreement WHERE reseller_id = {made}"),
        ])
    }

    async fn invite(&self, tenant: &Owned, reseller: &Owned) -> Result<Vec<pb::RemoveUserRequest>> {
        let mut guests = Vec::new();
        let id = |owned: &Owned, kind| owned.ids.get(kind).cloned().unwrap_or_default();
        for (role, tenant_id, reseller_id) in [
            (pb::Role::TenantViewer, id(tenant, "ten"), String::new()),
            (pb::Role::ResellerAgent, String::new(), id(reseller, "res")),
        ] {
            // Names before and after all others.
            let first = if guests.is_empty() { "a" } else { "zz" };
            let request = pb::InviteUserRequest {
                tenant_id: tenant_id.clone(),
                reseller_id: reseller_id.clone(),
                ..make::user(&format!("{first}-{}", request_id()), role)
            };
            let user_id = self.h.master().invite_user(request).await?.user.context("a user")?.id;
            guests.push(pb::RemoveUserRequest {
                user_id,
                tenant_id,
                reseller_id,
                ..Default::default()
            });
        }
        Ok(guests)
    }
}

impl Writer {
    /// What a tenant lists, and what its reseller earns on it.
    async fn tenant(&mut self, of: &Owned, reseller: &Owned, round: &mut Vec<String>) -> Result<()> {
        let own = |kind| uuid(of, kind);
        let nothing = || "NULL".to_owned();
        self.copy("operation", own("ope")?, &[("state", "'succeeded'".to_owned())], round)
            .await?;
        // On another machine, so that nobody here looks after it.
        let away = [
            ("node", "'elsewhere'".to_owned()),
            ("port", nothing()),
            ("sealed_password", nothing()),
        ];
        self.copy("deployment", own("dep")?, &away, round).await?;
        let ended = [("state", "'canceled'".to_owned()), ("next_invoice_at", nothing())];
        let subscription = self.copy("subscription", own("sub")?, &ended, round).await?;
        let subscription = self.db.id(subscription);
        let invoice = self
            .copy("invoice", own("inv")?, &[("subscription_id", subscription)], round)
            .await?;
        let (invoice, owed) = (self.db.id(invoice), self.db.id(own("inv")?));
        let payment = format!("SELECT id FROM payment WHERE invoice_id = {owed} ORDER BY id LIMIT 1");
        let payment = self.copy_of("payment", &payment, &[("invoice_id", invoice.clone())], round).await?;
        if of.ids.get("ten") == reseller.ids.get("ten") {
            let earned = [("invoice_id", invoice), ("payment_id", self.db.id(payment))];
            self.copy("commission", uuid(reseller, "com")?, &earned, round).await?;
        }
        Ok(())
    }

    async fn copy(&mut self, table: &'static str, id: Uuid, other: &[(&str, String)], round: &mut Vec<String>) -> Result<Uuid> {
        let id = self.db.id(id);
        self.copy_of(table, &id, other, round).await
    }

    /// A row like another one, but for some columns, for its names, which nobody else has, and for its times, which are before or after those of all others.
    async fn copy_of(&mut self, table: &'static str, like: &str, other: &[(&str, String)], round: &mut Vec<String>) -> Result<Uuid> {
        let new = Uuid::now_v7();
        let first = if self.chance.below(2) == 0 { "a" } else { "zz" };
        let days = TimeDelta::days(i64::try_from(self.chance.below(200))? - 100);
        let name = format!("'{first}-{}'", &new.simple().to_string()[12..]);
        // As the server writes it: on SQLite times are texts, one for each time, some of them shorter than others.
        let digits = u16::try_from(3 * self.chance.below(3))?;
        let time = (Utc::now().trunc_subsecs(digits) + days).to_rfc3339_opts(SecondsFormat::AutoSi, false);
        let time = format!("'{time}'");
        let columns: Vec<_> = self.db.columns(table).await?.into_iter().map(|(column, _)| column).collect();
        let value = |column: &String| match column.as_str() {
            "id" => self.db.id(new),
            "slug" | "code" | "display_name" | "number" | "customer_name" => name.clone(),
            "created_at" | "due_at" | "received_at" => time.clone(),
            column => match other.iter().find(|(name, _)| *name == column) {
                Some((_, value)) => value.clone(),
                None => format!("\"{column}\""),
            },
        };
        let values: Vec<_> = columns.iter().map(value).collect();
        let insert = format!(
            "INSERT INTO \"{table}\" (\"{}\") SELECT {} FROM \"{table}\" WHERE id = ({like})",
            columns.join("\", \""),
            values.join(", ")
        );
        ensure!(self.db.execute(&insert).await? == 1, "{insert}");
        round.push(format!("DELETE FROM \"{table}\" WHERE id = {}", self.db.id(new)));
        Ok(new)
    }
}

/// The id of a thing of an account, as the database keeps it.
fn uuid(of: &Owned, kind: &str) -> Result<Uuid> {
    let id = of.ids.get(kind).with_context(|| format!("{} has no {kind}_", of.name))?;
    let (_, digits) = id.split_once('_').context("an id")?;
    Ok(digits.parse()?)
}
