//! Raw SQL as the role of the server: nothing without a scope, nothing of others with one, and one's own work goes on.

use anyhow::{Context, Result};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tenantry::tables::tables;
use tenantry_tests::{Harness, eventually, on_postgres};

use super::{As, REFUSED, Raw, uuid};
use crate::matrix::World;

/// A row of a table that meets a condition, as the superuser sees it.
async fn row(h: &Harness, table: &str, which: &str) -> Result<Option<Value>> {
    let mut db = PgConnection::connect(&h.settings.database_owner_url).await?;
    let sql = format!("SELECT to_jsonb(t) FROM \"{table}\" t WHERE {which} LIMIT 1");
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(&mut db).await?)
}

fn insert(table: &str) -> String {
    format!("INSERT INTO \"{table}\" SELECT * FROM jsonb_populate_record(NULL::\"{table}\", $1)")
}

/// What a reseller reads only.
const WRITTEN_BY_THE_PLATFORM: [&str; 2] = ["commission", "commission_agreement"];

/// The owner column of a rule of `tables.rs`, for a tenant and for a reseller.
fn owner(rule: &str, whom: As<'_>) -> Option<&'static str> {
    match (rule, whom) {
        ("tenant" | "anyone", As::Tenant(_)) => Some("tenant_id"),
        ("reseller" | "anyone", As::Reseller(_)) => Some("reseller_id"),
        _ => None,
    }
}

on_postgres! {
    async fn without_a_scope_every_table_is_empty_and_takes_nothing(h: Harness) -> Result<()> {
        World::of(&h).await?;
        let mut raw = Raw::of(&h).await?;
        for (table, _) in tables() {
            // Measurements come by themselves, a while after an instance runs.
            let some = eventually(&format!("a row of {table}"), async || row(&h, &table, "true").await, Option::is_some).await?;
            let count = format!("SELECT count(*) FROM \"{table}\"");
            assert_eq!(raw.number(As::Nobody, &count).await?, 0, "{table} can be read");
            assert_eq!(raw.run(As::Nobody, &insert(&table), some.as_ref()).await?, Err(REFUSED.into()), "{table} can be written");
            assert!(raw.number(As::Platform, &count).await? > 0, "the platform sees nothing of {table}");
        }
        Ok(())
    }

    async fn of_another_account_nothing_can_be_read_written_moved_or_taken(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let ids = |owned: &crate::matrix::Owned, kind| owned.ids.get(kind).cloned().unwrap_or_default();
        let tenants = world.tenants.each_ref().map(|it| ids(it, "ten"));
        let resellers = world.resellers.each_ref().map(|it| ids(it, "res"));
        let [one, other] = tenants.each_ref().map(|id| uuid(id));
        let [near, far] = resellers.each_ref().map(|id| uuid(id));
        let mut raw = Raw::of(&h).await?;
        let mut checked = 0;
        for (table, rule) in tables() {
            for (whom, own, foreign) in [(As::Tenant(one), one, other), (As::Reseller(near), near, far)] {
                let Some(column) = owner(rule, whom) else { continue };
                let is = |id: &str| format!("{column} = '{id}'");
                let of = |id: &str| format!("SELECT count(*) FROM \"{table}\" WHERE {}", is(id));
                let all = raw.number(As::Platform, &of(own)).await?;
                let context = format!("{table} as {whom:?}");
                assert_eq!(raw.number(whom, &format!("SELECT count(*) FROM \"{table}\"")).await?, all, "{context}: not exactly the own rows");
                assert_eq!(raw.number(whom, &of(foreign)).await?, 0, "{context}: a foreign row can be read");
                // What is in the audit trail stays as it is for everybody.
                let is_read = matches!(whom, As::Reseller(_)) && WRITTEN_BY_THE_PLATFORM.contains(&table.as_str());
                let touched = |own| match table.as_str() {
                    "audit_entry" => Err(REFUSED.to_owned()),
                    _ => Ok(if is_read { 0 } else { own }),
                };
                let update = |id: &str| format!("UPDATE \"{table}\" SET {column} = {column} WHERE {}", is(id));
                assert_eq!(raw.run(whom, &update(own), None).await?, touched(all as u64), "{context}: own work does not go on");
                assert_eq!(raw.run(whom, &update(foreign), None).await?, touched(0), "{context}: a foreign row can be written");
                let delete = format!("DELETE FROM \"{table}\" WHERE {}", is(foreign));
                let removed = if table == "audit_head" { Err(REFUSED.to_owned()) } else { touched(0) };
                assert_eq!(raw.run(whom, &delete, None).await?, removed, "{context}: a foreign row can be removed");
                if all > 0 && !is_read {
                    let give = format!("UPDATE \"{table}\" SET {column} = '{foreign}' WHERE {}", is(own));
                    assert_eq!(raw.run(whom, &give, None).await?, Err(REFUSED.into()), "{context}: a row can be given away");
                }
                if let Some(theirs) = row(&h, &table, &is(foreign)).await? {
                    assert_eq!(raw.run(whom, &insert(&table), Some(&theirs)).await?, Err(REFUSED.into()), "{context}: a row can be planted");
                    checked += 1;
                }
            }
        }
        assert!(checked > 15, "only {checked} tables had a foreign row");
        Ok(())
    }

    async fn what_is_the_vendor_s_own_is_nobody_else_s(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let id = |owned: &crate::matrix::Owned, kind| anyhow::Ok(uuid(owned.ids.get(kind).context("an id")?).to_owned());
        let (ten, res) = (id(&world.tenants[0], "ten")?, id(&world.resellers[0], "res")?);
        let mut raw = Raw::of(&h).await?;
        for (table, _) in tables().into_iter().filter(|(_, rule)| *rule == "platform") {
            let some = row(&h, &table, "true").await?;
            assert!(some.is_some(), "there is nothing in {table}");
            for whom in [As::Tenant(&ten), As::Reseller(&res)] {
                assert_eq!(raw.number(whom, &format!("SELECT count(*) FROM \"{table}\"")).await?, 0, "{whom:?} reads {table}");
                assert_eq!(raw.run(whom, &format!("DELETE FROM \"{table}\""), None).await?, Ok(0), "{whom:?} removes from {table}");
                assert_eq!(raw.run(whom, &insert(&table), some.as_ref()).await?, Err(REFUSED.into()), "{whom:?} writes {table}");
            }
        }
        Ok(())
    }

    async fn accounts_are_seen_by_their_own_and_written_by_none(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (tenant, reseller) = (&world.tenants[0], &world.resellers[0]);
        let id = |owned: &crate::matrix::Owned, kind| anyhow::Ok(owned.ids.get(kind).context("an id")?.clone());
        let (ten, res) = (id(tenant, "ten")?, id(reseller, "res")?);
        let (as_tenant, as_reseller) = (As::Tenant(uuid(&ten)), As::Reseller(uuid(&res)));
        let mut raw = Raw::of(&h).await?;
        assert_eq!(raw.number(as_tenant, "SELECT count(*) FROM tenant").await?, 1);
        assert_eq!(raw.number(as_reseller, "SELECT count(*) FROM tenant").await?, 2, "a reseller sees its customers");
        assert_eq!(raw.number(as_tenant, "SELECT count(*) FROM reseller").await?, 0);
        assert_eq!(raw.number(as_reseller, "SELECT count(*) FROM reseller").await?, 1);
        for (whom, table) in [(as_tenant, "tenant"), (as_reseller, "tenant"), (as_reseller, "reseller")] {
            let members = format!("SELECT count(*) FROM \"{table}\"");
            assert!(raw.number(whom, &members).await? < raw.number(As::Platform, &members).await?, "{whom:?} sees every {table}");
            let held = raw.number(whom, &format!("SELECT count(*) FROM (SELECT 1 FROM \"{table}\" FOR NO KEY UPDATE) held")).await?;
            assert_eq!(held, raw.number(whom, &members).await?, "{whom:?} cannot hold its {table}");
            let write = format!("UPDATE \"{table}\" SET row_version = row_version");
            assert_eq!(raw.run(whom, &write, None).await?, Err(REFUSED.into()), "{whom:?} can write a {table}");
        }
        Ok(())
    }

    async fn a_role_is_one_of_its_account_s_kind(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let ten = uuid(world.tenants[0].ids.get("ten").context("a tenant")?);
        let mut raw = Raw::of(&h).await?;
        let raise = |role: &str| format!("UPDATE membership SET role = '{role}' WHERE tenant_id = '{ten}'");
        for whom in [As::Tenant(ten), As::Platform] {
            assert!(raw.run(whom, &raise("tenant_viewer"), None).await?.is_ok_and(|changed| changed > 0));
            for role in ["master_admin", "reseller_admin", "tenantxadmin"] {
                assert_eq!(raw.run(whom, &raise(role), None).await?, Err("23514".into()), "{whom:?} gives the role {role}");
            }
        }
        Ok(())
    }

    async fn a_reference_across_accounts_cannot_be_stored(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let [one, other] = world.tenants.each_ref().map(|it| it.ids.get("ten").map_or("", |id| uuid(id)));
        let foreign = row(&h, "invoice", &format!("tenant_id = '{other}'")).await?.context("an invoice")?;
        let mut payment = row(&h, "payment", &format!("tenant_id = '{one}'")).await?.context("a payment")?;
        payment["id"] = uuid::Uuid::now_v7().to_string().into();
        let mut raw = Raw::of(&h).await?;
        assert_eq!(raw.run(As::Tenant(one), &insert("payment"), Some(&payment)).await?, Ok(1));
        payment["invoice_id"] = foreign["id"].clone();
        assert_eq!(raw.run(As::Tenant(one), &insert("payment"), Some(&payment)).await?, Err("23503".into()));
        Ok(())
    }

    /// Whoever has a role in an account is seen by it: so an account gives none, and moves none to somebody else.
    async fn nobody_is_drawn_into_an_account_to_be_read_there(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (ten, res) = (world.tenants[0].ids.get("ten").context("a tenant")?, world.resellers[0].ids.get("res").context("a reseller")?);
        let mut raw = Raw::of(&h).await?;
        for (whom, own) in [(As::Tenant(uuid(ten)), format!("tenant_id = '{}'", uuid(ten))), (As::Reseller(uuid(res)), format!("reseller_id = '{}'", uuid(res)))] {
            let stranger = row(&h, "membership", "tenant_id IS NULL AND reseller_id IS NULL").await?.context("one of the vendor's")?;
            let stranger = stranger["user_id"].as_str().context("an id")?;
            let mut role = row(&h, "membership", &own).await?.context("a role")?;
            role["id"] = uuid::Uuid::now_v7().to_string().into();
            role["user_id"] = stranger.into();
            assert_eq!(raw.run(As::Platform, &insert("membership"), Some(&role)).await?, Ok(1));
            assert_eq!(raw.run(whom, &insert("membership"), Some(&role)).await?, Err(REFUSED.into()), "{whom:?} gives a stranger a role");
            let give = format!("UPDATE membership SET user_id = '{stranger}' WHERE {own}");
            assert_eq!(raw.run(whom, &give, None).await?, Err(REFUSED.into()), "{whom:?} moves a role to a stranger");
        }
        Ok(())
    }

    /// What a reseller earns is written by the platform; a reference would tell whether there is such an invoice.
    async fn a_reseller_earns_nothing_by_writing(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let own = uuid(world.resellers[0].ids.get("res").context("a reseller")?);
        let mut raw = Raw::of(&h).await?;
        for table in WRITTEN_BY_THE_PLATFORM {
            let mut earned = row(&h, table, &format!("reseller_id = '{own}'")).await?.context("a row")?;
            earned["id"] = uuid::Uuid::now_v7().to_string().into();
            assert_eq!(raw.run(As::Reseller(own), &insert(table), Some(&earned)).await?, Err(REFUSED.into()), "{table}");
        }
        Ok(())
    }

    async fn a_plan_made_for_one_serves_the_other_and_a_setting_ends_with_its_transaction(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let tenants = world.tenants.each_ref().map(|it| it.ids.get("ten").map_or("", |id| uuid(id)));
        let Raw(mut db) = Raw::of(&h).await?;
        sqlx::raw_sql("SET plan_cache_mode = force_generic_plan; PREPARE own AS SELECT DISTINCT replace(tenant_id::text, '-', '') FROM invoice").execute(&mut db).await?;
        for round in 0..12 {
            let tenant = tenants[round % 2];
            let mut tx = db.begin().await?;
            sqlx::raw_sql(AssertSqlSafe(As::Tenant(tenant).setting())).execute(&mut *tx).await?;
            let seen: Vec<String> = sqlx::raw_sql("EXECUTE own").fetch_all(&mut *tx).await?.iter().map(|row| sqlx::Row::get(row, 0)).collect();
            assert_eq!(seen, [tenant]);
            tx.commit().await?;
            let left: i64 = sqlx::query_scalar("SELECT count(*) FROM invoice").fetch_one(&mut db).await?;
            assert_eq!(left, 0, "the setting has outlived its transaction");
        }
        Ok(())
    }
}
