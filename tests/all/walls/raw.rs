//! Raw SQL as the role of the server: nothing without a scope, nothing of others with one, and one's own work goes on.

use anyhow::{Context, Result};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tenantry::tables::{Table, tables};
use tenantry_tests::{Harness, eventually, on_postgres};

use super::{As, BROKEN, REFUSED, Raw, uuid};
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
        for mut raw in Raw::both_ways(&h).await? {
            for Table { name: table, .. } in tables() {
                // Measurements come by themselves, a while after an instance runs.
                let some = eventually(&format!("a row of {table}"), async || row(&h, &table, "true").await, Option::is_some).await?;
                let count = format!("SELECT count(*) FROM \"{table}\"");
                assert_eq!(raw.number(As::Nobody, &count).await?, 0, "{table} can be read");
                assert_eq!(raw.run(As::Nobody, &insert(&table), some.as_ref()).await?, Err(REFUSED.into()), "{table} can be written");
                assert!(raw.number(As::Platform, &count).await? > 0, "the platform sees nothing of {table}");
            }
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
        for mut raw in Raw::both_ways(&h).await? {
            let (mut checked, mut declared) = (0, 0);
            for Table { name: table, rule, rights } in tables() {
                let has = |right| rights.contains(&right);
                for (whom, own, foreign) in [(As::Tenant(one), one, other), (As::Reseller(near), near, far)] {
                    let Some(column) = owner(rule, whom) else { continue };
                    declared += 1;
                    let is = |id: &str| format!("{column} = '{id}'");
                    let of = |id: &str| format!("SELECT count(*) FROM \"{table}\" WHERE {}", is(id));
                    let context = format!("{table} as {whom:?}");
                    let (all, seen) = raw.run_beside(&of(own), whom, &format!("SELECT FROM \"{table}\"")).await?;
                    assert_eq!(seen, Ok(all), "{context}: not exactly the own rows");
                    assert_eq!(raw.number(whom, &of(foreign)).await?, 0, "{context}: a foreign row can be read");
                    // Rows are hidden from what may not be done with them; a command that nobody has the right to is refused.
                    let (update, delete) = (raw.is_given("UPDATE", &table).await?, raw.is_given("DELETE", &table).await?);
                    let touched = |is_given, rows| if is_given { Ok(rows) } else { Err(REFUSED.to_owned()) };
                    let own_if = |right, all| if has(right) { all } else { 0 };
                    let write = |id: &str| format!("UPDATE \"{table}\" SET {column} = {column} WHERE {}", is(id));
                    let (own_rows, done) = raw.run_beside(&of(own), whom, &write(own)).await?;
                    assert_eq!(done, touched(update, own_if("changes", own_rows)), "{context}: own rows are not changed as declared");
                    assert_eq!(raw.run(whom, &write(foreign), None).await?, touched(update, 0), "{context}: a foreign row can be written");
                    let remove = |id: &str| format!("DELETE FROM \"{table}\" WHERE {}", is(id));
                    let (own_rows, done) = raw.run_beside(&of(own), whom, &remove(own)).await?;
                    assert_eq!(done, touched(delete, own_if("ends", own_rows)), "{context}: own rows are not removed as declared");
                    assert_eq!(raw.run(whom, &remove(foreign), None).await?, touched(delete, 0), "{context}: a foreign row can be removed");
                    if all > 0 && has("changes") {
                        let give = format!("UPDATE \"{table}\" SET {column} = '{foreign}' WHERE {}", is(own));
                        assert_eq!(raw.run(whom, &give, None).await?, Err(REFUSED.into()), "{context}: a row can be given away");
                    }
                    if let Some(mine) = row(&h, &table, &is(own)).await? {
                        // There is one already: that is looked at only where the row may be written at all.
                        let twice = if has("adds") { "23505" } else { REFUSED };
                        assert_eq!(raw.run(whom, &insert(&table), Some(&mine)).await?, Err(twice.into()), "{context}: own rows are not added as declared");
                    }
                    // What is measured comes by itself.
                    if let Some(theirs) = eventually(&context, async || row(&h, &table, &is(foreign)).await, Option::is_some).await? {
                        assert_eq!(raw.run(whom, &insert(&table), Some(&theirs)).await?, Err(REFUSED.into()), "{context}: a row can be planted");
                        checked += 1;
                    }
                }
            }
            assert_eq!(checked, declared, "not every table had a foreign row");
        }
        Ok(())
    }

    /// Each of the two owners would let such a row in: it would be in the trail of the other.
    async fn no_row_is_of_two_accounts(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (ten, res) = (world.tenants[1].ids.get("ten").context("a tenant")?, world.resellers[0].ids.get("res").context("a reseller")?);
        let (tenant, reseller) = (("tenant_id", uuid(ten)), ("reseller_id", uuid(res)));
        for mut raw in Raw::both_ways(&h).await? {
            let mut changed = 0;
            for Table { name: table, rights, .. } in tables().into_iter().filter(|table| table.rule == "anyone") {
                let mut planted = row(&h, &table, "true").await?.context("a row")?;
                (planted[tenant.0], planted[reseller.0]) = (tenant.1.into(), reseller.1.into());
                assert_eq!(raw.run(As::Platform, &insert(&table), Some(&planted)).await?, Err(BROKEN.into()), "{table}");
                for (whom, own, foreign) in [(As::Tenant(tenant.1), tenant, reseller), (As::Reseller(reseller.1), reseller, tenant)] {
                    let refused = if rights.contains(&"adds") { BROKEN } else { REFUSED };
                    assert_eq!(raw.run(whom, &insert(&table), Some(&planted)).await?, Err(refused.into()), "{table} as {whom:?}");
                    let give = format!("UPDATE \"{table}\" SET {} = '{}' WHERE {} = '{}'", foreign.0, foreign.1, own.0, own.1);
                    let given = raw.run(whom, &give, None).await?;
                    let is_refused = given.as_ref().is_err_and(|code| [BROKEN, REFUSED].contains(&code.as_str()));
                    assert!(is_refused || given == Ok(0) && row(&h, &table, &format!("{} = '{}'", own.0, own.1)).await?.is_none(), "{table} as {whom:?}: {given:?}");
                    changed += usize::from(is_refused);
                }
            }
            assert!(changed > 7, "only {changed} had a row to be changed");
        }
        Ok(())
    }

    async fn what_is_the_vendor_s_own_is_nobody_else_s_to_write(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let id = |owned: &crate::matrix::Owned, kind| anyhow::Ok(uuid(owned.ids.get(kind).context("an id")?).to_owned());
        let (ten, res) = (id(&world.tenants[0], "ten")?, id(&world.resellers[0], "res")?);
        for mut raw in Raw::both_ways(&h).await? {
            for Table { name: table, rights, .. } in tables().into_iter().filter(|table| ["platform", "catalogue"].contains(&table.rule)) {
                let some = row(&h, &table, "true").await?;
                assert!(some.is_some(), "there is nothing in {table}");
                for whom in [As::Tenant(&ten), As::Reseller(&res)] {
                    let seen = raw.number(whom, &format!("SELECT count(*) FROM \"{table}\"")).await?;
                    assert_eq!(seen > 0, rights.contains(&"reads"), "{whom:?} reads {seen} of {table}");
                    assert_eq!(raw.run(whom, &format!("DELETE FROM \"{table}\""), None).await?, Ok(0), "{whom:?} removes from {table}");
                    assert_eq!(raw.run(whom, &insert(&table), some.as_ref()).await?, Err(REFUSED.into()), "{whom:?} writes {table}");
                }
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
        for mut raw in Raw::both_ways(&h).await? {
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
        }
        Ok(())
    }

    async fn a_role_is_one_of_its_account_s_kind(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let ten = uuid(world.tenants[0].ids.get("ten").context("a tenant")?);
        for mut raw in Raw::both_ways(&h).await? {
            let raise = |role: &str| format!("UPDATE membership SET role = '{role}' WHERE tenant_id = '{ten}'");
            for whom in [As::Tenant(ten), As::Platform] {
                assert!(raw.run(whom, &raise("tenant_viewer"), None).await?.is_ok_and(|changed| changed > 0));
                for role in ["master_admin", "reseller_admin", "tenantxadmin"] {
                    assert_eq!(raw.run(whom, &raise(role), None).await?, Err(BROKEN.into()), "{whom:?} gives the role {role}");
                }
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
        let own_invoice = payment["invoice_id"].clone();
        let mut instances = Vec::new();
        for tenant in [one, other] {
            instances.push(row(&h, "deployment", &format!("tenant_id = '{tenant}'")).await?.context("an instance")?);
        }
        for mut raw in Raw::both_ways(&h).await? {
            // Not even by the platform; an account writes none at all.
            payment["invoice_id"] = own_invoice.clone();
            assert_eq!(raw.run(As::Platform, &insert("payment"), Some(&payment)).await?, Ok(1));
            payment["invoice_id"] = foreign["id"].clone();
            assert_eq!(raw.run(As::Platform, &insert("payment"), Some(&payment)).await?, Err("23503".into()));
            let work_on = |deployment: &Value| format!("UPDATE operation SET deployment_id = {} WHERE tenant_id = '{one}'", deployment.to_string().replace('"', "'"));
            assert!(raw.run(As::Platform, &work_on(&instances[0]["id"]), None).await?.is_ok_and(|changed| changed > 0));
            assert_eq!(raw.run(As::Platform, &work_on(&instances[1]["id"]), None).await?, Err("23503".into()));
        }
        Ok(())
    }

    /// Whoever has a role in an account is seen by it: so an account gives none, and moves none to somebody else.
    async fn nobody_is_drawn_into_an_account_to_be_read_there(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (ten, res) = (world.tenants[0].ids.get("ten").context("a tenant")?, world.resellers[0].ids.get("res").context("a reseller")?);
        for mut raw in Raw::both_ways(&h).await? {
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
        }
        Ok(())
    }

    /// What the platform keeps for an account is not written there; a reference would tell whether there is such an invoice.
    async fn an_account_writes_nothing_new_where_it_only_reads(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let (ten, res) = (world.tenants[0].ids.get("ten").context("a tenant")?, world.resellers[0].ids.get("res").context("a reseller")?);
        for mut raw in Raw::both_ways(&h).await? {
            let mut tried = 0;
            for Table { name: table, rule, .. } in tables().into_iter().filter(|table| table.rights == ["reads"]) {
                for (whom, own) in [(As::Tenant(uuid(ten)), uuid(ten)), (As::Reseller(uuid(res)), uuid(res))] {
                    let Some(column) = owner(rule, whom) else { continue };
                    let mine = async || row(&h, &table, &format!("{column} = '{own}'")).await;
                    let mut new = eventually(&format!("a row of {table}"), mine, Option::is_some).await?.context("a row")?;
                    if let Some(id) = new.get_mut("id") {
                        *id = uuid::Uuid::now_v7().to_string().into();
                    }
                    assert_eq!(raw.run(whom, &insert(&table), Some(&new)).await?, Err(REFUSED.into()), "{table} as {whom:?}");
                    tried += 1;
                }
            }
            assert!(tried > 8, "only {tried} tables");
        }
        Ok(())
    }

    /// The number that an account gives an event is not the one that it gets.
    async fn an_account_does_not_number_its_events(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let ten = uuid(world.tenants[0].ids.get("ten").context("a tenant")?);
        for mut raw in Raw::both_ways(&h).await? {
            let mut tx = raw.db.begin().await?;
            let add = "INSERT INTO event SELECT (jsonb_populate_record(e, '{\"seq\": 9223372036854775806}')).* FROM event e LIMIT 1";
            for sql in [As::Tenant(ten).setting().as_str(), add, "SET CONSTRAINTS ALL IMMEDIATE"] {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *tx).await?;
            }
            let highest: i64 = sqlx::raw_sql("SELECT max(seq) FROM event").fetch_one(&mut *tx).await?.get(0);
            assert!(highest < i64::MAX - 1, "it is as it was given");
            tx.rollback().await?;
        }
        Ok(())
    }

    async fn the_head_of_a_trail_is_never_put_back(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let [ten, other] = world.tenants.each_ref().map(|it| it.ids.get("ten").map_or("", |id| uuid(id)));
        let set = |columns: &str| format!("UPDATE audit_head SET {columns} WHERE tenant_id = '{ten}'");
        for mut raw in Raw::both_ways(&h).await? {
            // Nor does a key that is taken tell that there is a trail.
            for id in [other, &uuid::Uuid::now_v7().to_string()] {
                let add = format!("INSERT INTO audit_head SELECT (jsonb_populate_record(a, '{{\"id\": \"{id}\"}}')).* FROM audit_head a");
                assert_eq!(raw.run(As::Tenant(ten), &add, None).await?, Err(BROKEN.into()), "{id}");
            }
            for whom in [As::Tenant(ten), As::Platform] {
                for columns in [
                    "entries = entries - 1",
                    "entries = 0, stamp = ''",
                    "entries = -1, stamp = ''",
                    "id = gen_random_uuid()",
                    "tenant_id = NULL",
                ] {
                    assert_eq!(raw.run(whom, &set(columns), None).await?, Err(REFUSED.into()), "{columns} as {whom:?}");
                }
                assert_eq!(raw.run(whom, &set("entries = entries + 1"), None).await?, Ok(1));
                // A head that was forged goes on after the last entry, without a stamp from then on.
                assert_eq!(raw.run(whom, &set("entries = entries - 1, stamp = ''"), None).await?, Ok(1));
                let again = format!("DO $$ BEGIN {}; {}; END $$", set("stamp = ''"), set("stamp = 'another'"));
                assert_eq!(raw.run(whom, &again, None).await?, Err(REFUSED.into()), "a stamp as {whom:?}");
            }
        }
        Ok(())
    }

    async fn a_plan_made_for_one_serves_the_other_and_a_setting_ends_with_its_transaction(h: Harness) -> Result<()> {
        let world = World::of(&h).await?;
        let tenants = world.tenants.each_ref().map(|it| it.ids.get("ten").map_or("", |id| uuid(id)));
        for mut raw in Raw::both_ways(&h).await? {
            sqlx::raw_sql("SET plan_cache_mode = force_generic_plan; PREPARE own AS SELECT DISTINCT replace(tenant_id::text, '-', '') FROM invoice").execute(&mut raw.db).await?;
            for round in 0..12 {
                let tenant = tenants[round % 2];
                let mut tx = raw.db.begin().await?;
                sqlx::raw_sql(AssertSqlSafe(As::Tenant(tenant).setting())).execute(&mut *tx).await?;
                let seen: Vec<String> = sqlx::raw_sql("EXECUTE own").fetch_all(&mut *tx).await?.iter().map(|row| row.get(0)).collect();
                assert_eq!(seen, [tenant]);
                tx.commit().await?;
                let left: i64 = sqlx::raw_sql("SELECT count(*) FROM invoice").fetch_one(&mut raw.db).await?.get(0);
                assert_eq!(left, 0, "the setting has outlived its transaction");
            }
        }
        Ok(())
    }
}
