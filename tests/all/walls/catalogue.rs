//! Every table is behind the wall, and every policy is what a person has reviewed.

use std::{collections::BTreeMap, fmt::Write, fs};

use anyhow::{Result, ensure};
use sqlx::{Connection, PgConnection, Row};
use tenantry::{
    clock::Clock,
    serve, store,
    tables::{Table, tables},
};
use tenantry_tests::{Database, Harness, fresh_settings, on_postgres, snapshot};

/// What an account may do, how the name of the policy for that ends, and for which command it is.
const RIGHTS: [(&str, &str, &str); 4] = [
    ("reads", "", "SELECT"),
    ("adds", "_adds", "INSERT"),
    ("changes", "_changes", "UPDATE"),
    ("ends", "_ends", "DELETE"),
];

on_postgres! {
    async fn every_table_is_behind_the_wall(h: Harness) -> Result<()> {
        let mut db = PgConnection::connect(&h.settings.database_owner_url).await?;
        let rules: BTreeMap<String, Table> = tables().into_iter().map(|table| (table.name.clone(), table)).collect();
        let mut wrong = Vec::new();
        let open = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'v') \
                    AND relname <> 'seaql_migrations' AND NOT (relrowsecurity AND relforcerowsecurity)";
        let open: Vec<String> = sqlx::query_scalar(open).fetch_all(&mut db).await?;
        wrong.extend(open.into_iter().map(|table| format!("{table} is not behind the wall")));

        let policies = "SELECT tablename::text, policyname::text, cmd, permissive, coalesce(qual, ''), coalesce(with_check, '') \
                        FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2";
        let mut of: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        let mut text = String::from("What PostgreSQL lets a transaction see and write, by whom it says that it acts for.\n");
        for row in sqlx::query(policies).fetch_all(&mut db).await? {
            let [table, name, command, permissive, seen, written]: [String; 6] =
                [row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5)];
            if permissive != "PERMISSIVE" {
                wrong.push(format!("{table} has a policy {name} of another kind"));
            }
            let policies = of.entry(table.clone()).or_default();
            if policies.is_empty() {
                let rule = rules.get(&table).map_or_else(|| "not declared".into(), |table| [&[table.rule], table.rights].concat().join(" "));
                writeln!(text, "\n{table}: {rule}")?;
            }
            // What is added was not there to be seen.
            writeln!(text, "    {name}, {command}: {}", line(if command == "INSERT" { &written } else { &seen }))?;
            if command != "INSERT" && written != seen && !written.is_empty() {
                writeln!(text, "        but writes: {}", line(&written))?;
            }
            policies.push((name, command));
        }
        for (table, Table { rule, rights, .. }) in &rules {
            let policies = of.remove(table).unwrap_or_default();
            let accounts: &[&str] = match *rule {
                "tenant" => &["tenant"],
                "reseller" => &["reseller"],
                "anyone" => &["tenant", "reseller"],
                "catalogue" => &["account"],
                _ => &[],
            };
            let mut declared = vec![("platform".to_owned(), "ALL".to_owned())];
            for (right, suffix, command) in RIGHTS.into_iter().filter(|(right, ..)| rights.contains(right)) {
                ensure!(!accounts.is_empty(), "nobody {right} in {table}");
                declared.extend(accounts.iter().map(|account| (format!("{account}{suffix}"), command.to_owned())));
            }
            let (expected, others): (Vec<_>, Vec<_>) = policies.into_iter().partition(|policy| declared.contains(policy));
            // By hand, as in tables.rs: the snapshot is what is reviewed.
            let others_are_right = *rule == "special" || *rule == "tenant" && others.iter().all(|(_, command)| command == "SELECT");
            if expected.len() != declared.len() || !(others.is_empty() || others_are_right) {
                wrong.push(format!("{table} is declared as {rule} {rights:?} and has the policies {expected:?} and {others:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        snapshot("walls.txt", &text)
    }

    async fn the_server_works_as_nobody_who_could_lift_the_wall(h: Harness) -> Result<()> {
        let mut db = PgConnection::connect(&h.settings.database_url).await?;
        let (is_free, owned): (bool, i64) = sqlx::query_as(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication, (SELECT count(*) FROM pg_class WHERE relowner = r.oid) \
             FROM pg_roles r WHERE rolname = current_user",
        )
        .fetch_one(&mut db)
        .await?;
        assert_eq!((is_free, owned), (false, 0));
        for forbidden in [
            "ALTER TABLE invoice DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tenant ON invoice",
            "CREATE TABLE mine (id int)",
            "CREATE TEMP TABLE mine (id int)",
            "TRUNCATE audit_entry",
            "UPDATE audit_entry SET action = 'nothing'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_head",
            "DELETE FROM audit_head",
            "DELETE FROM seaql_migrations",
            "SET ROLE postgres",
        ] {
            let refused = sqlx::raw_sql(forbidden).execute(&mut db).await;
            let code = refused.err().and_then(|error| Some(error.as_database_error()?.code()?.into_owned()));
            assert_eq!(code.as_deref(), Some(super::REFUSED), "{forbidden}");
        }
        let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut db).await?;
        assert_eq!(path, "public, pg_temp", "a temporary table would come first");
        Ok(())
    }

    async fn who_owns_the_database_and_is_no_superuser_makes_the_wall(h: Harness) -> Result<()> {
        let mut db = PgConnection::connect(&h.settings.database_owner_url).await?;
        let (mut server, mut owner) = (url::Url::parse(&h.settings.database_url)?, url::Url::parse(&h.settings.database_owner_url)?);
        let name = format!("{}_owner", server.username());
        for make in [format!("CREATE ROLE {name} LOGIN PASSWORD 'other'"), format!("CREATE DATABASE {name} OWNER {name}")] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut db).await?;
        }
        server.set_path(&name);
        owner.set_path(&name);
        ensure!(owner.set_username(&name).is_ok() && owner.set_password(Some("other")).is_ok());
        let setup = store::Setup::Postgres(store::Postgres { url: server.to_string(), owner_url: Some(owner.into()), connections: 1 });
        store::migrate(&setup).await?;
        let mut db = PgConnection::connect(server.as_str()).await?;
        let question = "SELECT has_database_privilege(current_database(), 'TEMPORARY'), count(*) FROM invoice";
        ensure!(sqlx::query_as::<_, (bool, i64)>(question).fetch_one(&mut db).await? == (false, 0));
        Ok(())
    }

    async fn a_server_refuses_to_work_as_anybody_else(_h: Harness) -> Result<()> {
        let refusal = async |settings| serve::start(settings, Clock::default()).await.err().map(|error| format!("{error:#}")).unwrap_or_default();
        let settings = fresh_settings(Database::Postgres).await?;
        let (server, superuser) = (settings.database_url.clone(), settings.database_owner_url.clone());
        let with = |url: &str, owner_url: &str| {
            let mut settings = settings.clone();
            (settings.database_url, settings.database_owner_url) = (url.to_owned(), owner_url.to_owned());
            settings
        };
        assert!(refusal(with(&superuser, "")).await.contains("is a superuser"));
        assert!(refusal(with(&superuser, &superuser)).await.contains("owns the tables"));
        // A new database lets everybody make temporary tables.
        assert!(refusal(with(&server, "")).await.contains("temporary tables"));
        store::migrate(&settings.database()).await?;
        let mut db = PgConnection::connect(&superuser).await?;
        let role = url::Url::parse(&server)?.username().to_owned();
        for (name, attributes, refused) in [
            ("bypasses", "BYPASSRLS", "may bypass row level security"),
            ("makes_roles", "CREATEROLE", "may make roles"),
            ("may_become", "IN ROLE {role}_bypasses", "is a member of such a role"),
            ("may_become_the_first", "IN ROLE {role}_makes_roles", "may make roles"),
        ] {
            let name = format!("{role}_{name}");
            let make = format!("CREATE ROLE {name} LOGIN PASSWORD 'other' {}", attributes.replace("{role}", &role));
            sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut db).await?;
            let mut url = url::Url::parse(&server)?;
            ensure!(url.set_username(&name).is_ok() && url.set_password(Some("other")).is_ok());
            let said = refusal(with(url.as_str(), "")).await;
            ensure!(said.contains(refused), "{name}: {said}");
        }
        sqlx::raw_sql("DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)").execute(&mut db).await?;
        assert!(refusal(with(&server, "")).await.contains("tenantry migrate up"));
        let owner: String = sqlx::query_scalar("SELECT format('ALTER TABLE invoice OWNER TO %I', $1)")
            .bind(role)
            .fetch_one(&mut db)
            .await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(owner)).execute(&mut db).await?;
        assert!(refusal(with(&server, "")).await.contains("owns the tables"));
        Ok(fs::remove_dir_all(settings.data_dir)?)
    }
}

/// An expression in one line, with a word for each of the three settings.
fn line(expression: &str) -> String {
    let words = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    let account = |name: &str| format!("( SELECT (NULLIF(current_setting('app.{name}'::text, true), ''::text))::uuid AS \"nullif\")");
    let platform = "(( SELECT current_setting('app.platform'::text, true) AS current_setting) = 'on'::text)";
    words
        .replace(platform, "is the PLATFORM")
        .replace(&account("tenant_id"), "TENANT")
        .replace(&account("reseller_id"), "RESELLER")
}
