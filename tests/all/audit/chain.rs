//! What was done to a trail behind the server's back is named by `tenantry audit verify`.

use anyhow::{Context, Result, ensure};
use portal_client::pb;
use sqlx::Connection;
use tenantry::store::{self, Owner};
use tenantry_tests::{Account, Database, Db, Harness, both, finished, make, on_postgres};

/// What is wrong with the trails of a server, or of one of its accounts; how many there are, and the entries in them.
async fn verify(h: &Harness, only: Option<Owner>) -> Result<(Vec<String>, usize, i64)> {
    let report = h.verify(only).await?;
    Ok((
        report.findings.iter().map(ToString::to_string).collect(),
        report.trails,
        report.entries,
    ))
}

/// An id as the database has it.
fn raw(h: &Harness, id: &str) -> String {
    let digits = id.rsplit('_').next().unwrap_or_default();
    match h.database() {
        Database::Sqlite => format!("x'{digits}'"),
        Database::Postgres => format!("'{digits}'::uuid"),
    }
}

/// An account with a few entries in its trail.
async fn busy(h: &Harness, name: &str) -> Result<Account> {
    let account = h.tenant(name).await?;
    account.viewer().await?;
    Ok(account)
}

/// Changes that leave entries in the trail of an account.
async fn change(h: &Harness, account: &Account) -> Result<()> {
    let name = h.name(&uuid::Uuid::now_v7().simple().to_string());
    let invited = account
        .admin()
        .tenant()
        .invite_user(make::user(&name, pb::Role::TenantViewer))
        .await?;
    let user_id = invited.user.context("the answer names the person")?.id;
    account
        .admin()
        .tenant()
        .remove_user(pb::RemoveUserRequest {
            user_id,
            ..Default::default()
        })
        .await?;
    Ok(())
}

both! {
    async fn what_was_done_to_a_trail_is_named(_h: Harness) -> Result<()> {
        let h = Harness::alone(_h.database()).await?;
        let (one, other) = (busy(&h, "one").await?, busy(&h, "other").await?);
        let (a, b) = (raw(&h, &one.id), raw(&h, &other.id));
        // The trails rest: what is measured and begun by itself is no entry.
        let (wrong, trails, entries) = verify(&h, None).await?;
        ensure!(wrong.is_empty() && trails == 3 && entries > 20, "{wrong:?} {trails} {entries}");
        let length = verify(&h, Some(Owner::Tenant(one.id.parse()?))).await?.2;
        ensure!(length > 8, "{length}");

        let of = |owner: &str, number: i64| format!("WHERE tenant_id = {owner} AND number = {number}");
        let (free, swap) = (-1, 1_000_000);
        let bytes = |digits: &str| match h.database() { Database::Sqlite => format!("x'{digits}'"), Database::Postgres => format!("'\\x{digits}'::bytea") };
        let (none, stranger) = (bytes(""), bytes(&"6e".repeat(40)));
        let move_number = |from: i64, to: i64| format!("UPDATE audit_entry SET number = {to} {};", of(&a, from));
        let all = "id, tenant_id, reseller_id, at, action, actor_id, actor_name, subject_kind, subject_id, subject_name, changes, request_id, remote_address, \
                   by_staff, result, reason, number, previous, stamp";
        let new_id = raw(&h, &uuid::Uuid::now_v7().simple().to_string());
        let copy = |number: i64| all.replacen("id,", &format!("{new_id},"), 1).replace("number,", &format!("{number},"));
        let shift = |by: i64, from: i64| format!(
            "UPDATE audit_entry SET number = -number WHERE tenant_id = {a} AND number >= {from};
             UPDATE audit_entry SET number = {by} - number WHERE tenant_id = {a} AND number < 0;"
        );
        let mut attacks = vec![
            ("an edit", format!("UPDATE audit_entry SET actor_name = 'somebody@else.example' {}", of(&a, 4)), format!("{} number 4 (aud_", one.id), "edited"),
            ("an edit of what changed", format!("UPDATE audit_entry SET changes = '[]' {}", of(&a, 1)), format!("{} number 1 (aud_", one.id), "edited"),
            ("an edit of the result", format!("UPDATE audit_entry SET result = 'NOT_FOUND' {}", of(&a, 5)), format!("{} number 5 (aud_", one.id), "edited"),
            ("a stamp of another entry", format!("UPDATE audit_entry SET stamp = previous {}", of(&a, 4)), format!("{} number 4 (aud_", one.id), "edited"),
            ("a deletion", format!("DELETE FROM audit_entry {}", of(&a, 3)), format!("{} number 3: ", one.id), "missing"),
            ("a deletion of the first", format!("DELETE FROM audit_entry {}", of(&a, 1)), format!("{} number 1: ", one.id), "missing"),
            ("a deletion and new numbers", format!("DELETE FROM audit_entry {}; {}", of(&a, 3), shift(-1, 3)), format!("{} number 3 (aud_", one.id), "out of order"),
            ("another order", [move_number(3, free), move_number(5, 3), move_number(free, 5)].concat(), format!("{} number 3 (aud_", one.id), "out of order"),
            ("a copy put in", format!("{} INSERT INTO audit_entry ({all}) SELECT {} FROM audit_entry {}", shift(1, 4), copy(4), of(&a, 2)), format!("{} number 4 (aud_", one.id), "inserted"),
            ("a copy at the end", format!("INSERT INTO audit_entry ({all}) SELECT {} FROM audit_entry {}", copy(length + 1), of(&a, 2)), format!("{} number {} (aud_", one.id, length + 1), "inserted"),
            ("a cut at the end", format!("DELETE FROM audit_entry WHERE tenant_id = {a} AND number > {}", length - 2), format!("{} number {}: ", one.id, length - 1), "cut off: the last 2 of"),
            ("a trail emptied", format!("DELETE FROM audit_entry WHERE tenant_id = {a}"), format!("{} number 1: ", one.id), "cut off: the last"),
            ("a trail removed with its head", format!("DELETE FROM audit_entry WHERE tenant_id = {a}; DELETE FROM audit_head WHERE tenant_id = {a}"), format!("{} number 1: ", one.id), "cut off: the whole trail"),
            ("a head removed", format!("DELETE FROM audit_head WHERE tenant_id = {a}"), format!("{} number 1 (aud_", one.id), "cut off: the head"),
            (
                "a cut that the head knows of",
                format!(
                    "DELETE FROM audit_entry WHERE tenant_id = {a} AND number > {0};
                     UPDATE audit_head SET entries = {0}, last = (SELECT stamp FROM audit_entry {1}) WHERE tenant_id = {a}",
                    length - 2,
                    of(&a, length - 2)
                ),
                format!("{} number {}: ", one.id, length - 1),
                "edited: the head",
            ),
            ("a new beginning", format!("DELETE FROM audit_entry WHERE tenant_id = {a}; UPDATE audit_head SET entries = 0, last = {none}, stamp = {none} WHERE tenant_id = {a}"), format!("{} number 1: ", one.id), "edited: the head"),
            ("a stamp of nobody's key", format!("UPDATE audit_entry SET stamp = {stranger} {}", of(&a, 4)), format!("{} number 4 (aud_", one.id), "unknown: the stamp names the key"),
            ("a head with the stamp of nobody's key", format!("UPDATE audit_head SET stamp = {stranger} WHERE tenant_id = {a}"), format!("{} number {}: ", one.id, length + 1), "unknown: the stamp names the key"),
            ("a head that counts without an end", format!("UPDATE audit_head SET entries = {} WHERE tenant_id = {a}; UPDATE audit_entry SET reason = 'x' {}", i64::MAX, of(&a, 4)), format!("{} number 4 (aud_", one.id), "edited"),
            ("a head below nothing", format!("UPDATE audit_head SET entries = {} WHERE tenant_id = {a}", i64::MIN), format!("{} number {}: ", one.id, length + 1), "edited: the head"),
            ("the greatest number", format!("UPDATE audit_entry SET number = {} {}", i64::MAX, of(&a, length)), format!("{} number {} (aud_", one.id, i64::MAX), "out of order"),
            (
                "a swap between tenants",
                format!("UPDATE audit_entry SET tenant_id = {b}, number = {swap} {}; UPDATE audit_entry SET tenant_id = {a} {};
                         UPDATE audit_entry SET number = 4 {}", of(&a, 4), of(&b, 4), of(&b, swap)),
                format!("{} number 4 (aud_", one.id),
                "foreign: it was written into the trail of ten_",
            ),
            (
                "an entry that the platform took",
                format!("UPDATE audit_entry SET tenant_id = NULL, number = {swap} {}", of(&a, length)),
                format!("platform number {swap} (aud_"),
                "foreign: it was written into the trail of ten_",
            ),
        ];
        if h.database() == Database::Sqlite {
            // There a column takes anything.
            for (what, table, column) in [("a time that is none", "audit_entry", "at"), ("changes that are none", "audit_entry", "changes"), ("a number that is none", "audit_head", "entries")] {
                let (place, number) = if table == "audit_head" { (format!("WHERE tenant_id = {a}"), 1) } else { (of(&a, 4), 4) };
                attacks.push((what, format!("UPDATE {table} SET {column} = 'none' {place}"), format!("{} number {number}: ", one.id), "edited: what is there cannot be read"));
            }
        }
        // Each is taken back: everything is kept in tables beside.
        Db::open(&h.settings).await?.execute("CREATE TABLE kept_entry AS SELECT * FROM audit_entry; CREATE TABLE kept_head AS SELECT * FROM audit_head").await?;
        let back = "DELETE FROM audit_entry; DELETE FROM audit_head; INSERT INTO audit_entry SELECT * FROM kept_entry; INSERT INTO audit_head SELECT * FROM kept_head";
        for (what, sql, place, named) in attacks {
            Db::open(&h.settings).await?.execute(&sql).await?;
            let (wrong, ..) = verify(&h, None).await?;
            ensure!(wrong.iter().any(|line| line.starts_with(&place) && line.contains(&format!(": {named}"))), "{what}: {wrong:#?}");
            // A trail of somebody else is whole all the same, and can be looked at alone.
            if !what.contains("swap") {
                ensure!(verify(&h, Some(Owner::Tenant(other.id.parse()?))).await?.0.is_empty(), "{what}: the other trail");
            }
            // What is done afterwards makes nothing good. Where its number is taken, or nobody can tell whether the head is good, it cannot be done.
            let honest = change(&h, &one).await;
            let stuck = ["a copy put in", "a copy at the end", "a head with the stamp of nobody's key"].contains(&what);
            ensure!(honest.is_err() == stuck, "{what}, and a change after it: {honest:?}");
            let trail = format!("{} number ", if what.contains("platform") { "platform" } else { &one.id });
            for _ in 0..2 {
                let (wrong, ..) = verify(&h, None).await?;
                ensure!(wrong.iter().any(|line| line.starts_with(&trail)), "{what} is forgotten: {wrong:#?}");
                let _ = change(&h, &one).await;
            }
            Db::open(&h.settings).await?.execute(back).await?;
            ensure!(verify(&h, None).await?.0.is_empty(), "{what} was not taken back");
        }
        Ok(())
    }
}

both! {
    async fn the_trail_of_the_platform_does_not_begin_anew(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let everything = "DELETE FROM audit_entry; DELETE FROM audit_head";
        Db::open(&h.settings).await?.execute(everything).await?;
        h.staff(pb::Role::MasterViewer).await?;
        let (wrong, ..) = verify(&h, Some(Owner::Platform)).await?;
        ensure!(wrong.len() == 1 && wrong[0].contains(": edited: the head"), "{wrong:?}");
        Ok(())
    }
}

both! {
    async fn the_trail_of_a_purged_tenant_stays_whole(h: Harness) -> Result<()> {
        let account = h.tenant("purged-trail").await?;
        let (tenant_id, confirm_slug) = (account.id.clone(), account.slug.clone());
        let owner = Some(Owner::Tenant(tenant_id.parse()?));
        let delete = pb::DeleteTenantRequest { tenant_id: tenant_id.clone(), confirm_slug: confirm_slug.clone(), ..Default::default() };
        h.master().delete_tenant(delete).await?;
        let before = verify(&h, owner).await?.2;
        let purge = pb::PurgeTenantRequest { request_id: h.name("purge"), tenant_id: tenant_id.clone(), confirm_slug, ..Default::default() };
        let purge = h.master().purge_tenant(purge).await?;
        let ended = finished(h.admin(), &purge.id).await?;
        ensure!(ended.state() == pb::OperationState::Succeeded, "{ended:?}");
        let (wrong, _, after) = verify(&h, owner).await?;
        ensure!(wrong.is_empty() && after > before, "{wrong:?} {before} {after}");
        let filter = format!("tenant_id = {tenant_id} AND action = tenant.purge");
        let told = h.master().list_audit_entries(pb::ListAuditEntriesRequest { filter, ..Default::default() }).await?;
        ensure!(told.audit_entries.len() == 1);
        Ok(())
    }
}

both! {
    /// Who takes back the change of the tables that brought the stamps, and has it made again, gets no forged entry stamped.
    async fn what_has_no_stamp_never_gets_one(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        busy(&h, "early").await?;
        let (wrong, trails, _) = verify(&h, None).await?;
        ensure!(wrong.is_empty() && trails == 2, "{wrong:?}");
        let take_back = "DROP INDEX audit_entry_of_tenant; DROP INDEX audit_entry_of_reseller; DROP INDEX audit_entry_of_platform; DROP INDEX audit_entry_by_reseller;
             ALTER TABLE audit_entry DROP COLUMN by_staff; ALTER TABLE audit_entry DROP COLUMN result; ALTER TABLE audit_entry DROP COLUMN reason;
             ALTER TABLE audit_entry DROP COLUMN number; ALTER TABLE audit_entry DROP COLUMN previous; ALTER TABLE audit_entry DROP COLUMN stamp;
             DROP TABLE audit_head; DELETE FROM seaql_migrations WHERE version = 'm0007_audit_chain';
             UPDATE audit_entry SET actor_name = 'somebody else'";
        Db::open(&h.settings).await?.execute(take_back).await?;
        store::migrate(&h.settings.database()).await?;
        let (wrong, ..) = verify(&h, None).await?;
        ensure!(wrong.len() == 2 && wrong.iter().all(|finding| finding.contains("cut off")), "{wrong:?}");
        // Nor with what is written next.
        h.staff(pb::Role::MasterViewer).await?;
        let (wrong, ..) = verify(&h, None).await?;
        ensure!(wrong.iter().any(|finding| finding.contains("platform number 1 (aud_") && finding.contains("edited")), "{wrong:?}");
        Ok(())
    }
}

on_postgres! {
    async fn the_servers_role_can_write_entries_and_never_change_one(h: Harness) -> Result<()> {
        let mut db = sqlx::PgConnection::connect(&h.settings.database_url).await?;
        for forbidden in [
            "UPDATE audit_entry SET result = 'OK'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "DELETE FROM audit_head",
            "TRUNCATE audit_head",
            "ALTER TABLE audit_entry DISABLE ROW LEVEL SECURITY",
        ] {
            let mut tx = db.begin().await?;
            sqlx::raw_sql("SELECT set_config('app.platform', 'on', true)").execute(&mut *tx).await?;
            let refused = sqlx::raw_sql(forbidden).execute(&mut *tx).await.err();
            let code = refused.and_then(|error| Some(error.as_database_error()?.code()?.into_owned()));
            ensure!(code.as_deref() == Some("42501"), "{forbidden}: {code:?}");
        }
        Ok(())
    }
}

on_postgres! {
    async fn not_even_for_a_moment_while_the_tables_are_brought_up_to_date(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        let mut db = sqlx::PgConnection::connect(&h.settings.database_url).await?;
        let over = std::sync::atomic::AtomicBool::new(false);
        let migrate = async {
            for _ in 0..10 {
                store::migrate(&h.settings.database()).await?;
            }
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        };
        let tries = async {
            let mut tried = 0;
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                for forbidden in ["DELETE FROM audit_entry WHERE false", "UPDATE audit_entry SET number = 0 WHERE false", "DELETE FROM audit_head WHERE false"] {
                    ensure!(sqlx::raw_sql(forbidden).execute(&mut db).await.is_err(), "after {tried} times: {forbidden}");
                    tried += 1;
                }
            }
            anyhow::Ok(tried)
        };
        let (tried, ()) = tokio::try_join!(tries, migrate)?;
        ensure!(tried > 100, "only {tried} times");
        Ok(())
    }
}

both! {
    /// Of the command itself: what it says and the code that it ends with.
    async fn the_command_ends_with_a_code(h: Harness) -> Result<()> {
        let h = Harness::alone(h.database()).await?;
        h.master().create_plan(tenantry_tests::make::plan("audited")).await?;
        let run = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
            let output = std::process::Command::new(tenantry_tests::program()?)
                .args(["audit", "verify"])
                .args(arguments)
                .env("TENANTRY_DATA_DIR", &h.settings.data_dir)
                .env("TENANTRY_DATABASE_URL", &h.settings.database_url)
                .output()?;
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
            Ok((output.status.code(), said))
        };
        let (code, said) = run(&[])?;
        ensure!(code == Some(0) && said.contains(" entries in 1 trails, whole; digest of their ends: "), "{code:?} {said}");
        ensure!(run(&[])?.1 == said, "the same trails have the same digest");
        h.master().create_plan(tenantry_tests::make::plan("audited-too")).await?;
        let digest = |said: &str| said.rsplit(' ').next().map(str::to_owned);
        ensure!(digest(&run(&[])?.1) != digest(&said));
        Db::open(&h.settings).await?.execute("UPDATE audit_entry SET action = 'nothing' WHERE number = 2 AND tenant_id IS NULL").await?;
        for arguments in [&[][..], &["--owner", "platform"]] {
            let (code, said) = run(arguments)?;
            ensure!(code == Some(1) && said.contains("platform number 2 (aud_") && said.contains("1 of 1 trails are not whole"), "{code:?} {said}");
        }
        ensure!(run(&["--owner", "everybody"])?.0 == Some(2));
        Ok(())
    }
}
