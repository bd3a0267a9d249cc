//! Every table is behind the wall, and every policy is what a person has reviewed.

use std::{collections::BTreeMap, fmt::Write, fs};

use anyhow::Result;
use sqlx::{Connection, PgConnection, Row};
use tenantry::{clock::Clock, serve, tables::tables};
use tenantry_tests::{Database, Harness, fresh_settings, on_postgres, snapshot};

on_postgres! {
    async fn every_table_is_behind_the_wall(h: Harness) -> Result<()> {
        let mut db = PgConnection::connect(&h.settings.database_owner_url).await?;
        let rules: BTreeMap<String, &str> = tables().into_iter().collect();
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
                writeln!(text, "\n{table}: {}", rules.get(&table).unwrap_or(&"not declared"))?;
            }
            writeln!(text, "    {name}, {command}: {}", line(&seen))?;
            if written != seen && !written.is_empty() {
                writeln!(text, "        but writes: {}", line(&written))?;
            }
            policies.push((name, command));
        }
        for (table, rule) in &rules {
            let policies = of.remove(table).unwrap_or_default();
            let is = |expected: &[(&str, &str)]| {
                let expected: Vec<_> = expected.iter().map(|(name, command)| (name.to_string(), command.to_string())).collect();
                expected.iter().all(|one| policies.contains(one)) && (*rule == "tenant" || policies.len() == expected.len())
            };
            let right = match (table.as_str(), *rule) {
                // Read by the reseller, and written by the platform.
                ("commission" | "commission_agreement", _) => is(&[("platform", "ALL"), ("reseller", "SELECT")]),
                // Given by the platform.
                ("membership", _) => is(&[
                    ("platform", "ALL"),
                    ("tenant", "SELECT"),
                    ("tenant_changes", "UPDATE"),
                    ("tenant_ends", "DELETE"),
                    ("reseller", "SELECT"),
                    ("reseller_changes", "UPDATE"),
                    ("reseller_ends", "DELETE"),
                ]),
                (_, "platform") => is(&[("platform", "ALL")]),
                (_, "catalogue") => is(&[("platform", "ALL"), ("account", "SELECT")]),
                (_, "tenant") => is(&[("platform", "ALL"), ("tenant", "ALL")]),
                (_, "reseller") => is(&[("platform", "ALL"), ("reseller", "ALL")]),
                (_, "anyone") => is(&[("platform", "ALL"), ("tenant", "ALL"), ("reseller", "ALL")]),
                // By hand, as in tables.rs: the snapshot is what is reviewed.
                _ => policies.contains(&("platform".into(), "ALL".into())),
            };
            if !right {
                wrong.push(format!("{table} is declared as {rule} and has the policies {policies:?}"));
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
        let mut db = PgConnection::connect(&superuser).await?;
        sqlx::raw_sql("DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)").execute(&mut db).await?;
        assert!(refusal(with(&server, "")).await.contains("tenantry migrate up"));
        let owner: String = sqlx::query_scalar("SELECT format('ALTER TABLE invoice OWNER TO %I', $1)")
            .bind(url::Url::parse(&server)?.username())
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
