//! Every table with its owner, as the database has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use anyhow::Result;
use sqlx::{Connection, PgConnection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use tenantry::{
    store::Setup,
    tables::{Table as Declared, tables},
};
use tenantry_tests::{Harness, both, snapshot};

both! {
    async fn every_table_is_walled_by_its_owner(h: Harness) -> Result<()> {
        let schema = match h.settings.database() {
            Setup::Sqlite(file) => sqlite(&file).await?,
            Setup::Postgres(database) => postgres(&database.url).await?,
        };
        let declared: BTreeMap<String, Declared> = tables().into_iter().map(|table| (table.name.clone(), table)).collect();
        let rules: BTreeMap<&String, &str> = declared.iter().map(|(name, table)| (name, table.rule)).collect();
        let mut wrong: Vec<String> = Vec::new();
        let mut text = String::from("Every table, whose it is, and what it refers to.\n");
        for name in declared.keys().filter(|name| !schema.contains_key(*name)) {
            wrong.push(format!("{name} is declared and does not exist"));
        }
        for (name, table) in &schema {
            let Some(Declared { rule, rights, .. }) = declared.get(name) else {
                wrong.push(format!("{name} has no owner in tables.rs"));
                continue;
            };
            let owners: Vec<_> = ["tenant_id", "reseller_id"].into_iter().filter_map(|c| Some((c, table.columns.get(c)?.kind))).collect();
            let right = match *rule {
                "tenant" => owners == [("tenant_id", Kind::Needed)],
                "reseller" => owners == [("reseller_id", Kind::Needed)],
                "anyone" => owners == [("tenant_id", Kind::Optional), ("reseller_id", Kind::Optional)],
                "platform" | "catalogue" => owners.is_empty(),
                // A tenant's reseller is a reference that makes the tenant visible: declared by hand.
                _ => true,
            };
            if !right {
                wrong.push(format!("{name} is declared as {rule} and has {owners:?}"));
            }
            writeln!(text, "\n{name}: {}", [&[*rule], *rights].concat().join(" "))?;
            for reference in &table.references {
                let Reference { from, table: to, columns } = reference;
                writeln!(text, "    ({}) is in {to} ({})", from.join(", "), columns.join(", "))?;
                let owner = match rules.get(to) {
                    Some(&"tenant") => "tenant_id",
                    Some(&"reseller") => "reseller_id",
                    _ => continue,
                };
                if !table.columns.contains_key(owner) {
                    continue;
                }
                let carries = from.iter().zip(columns).any(|(from, to)| from == owner && to == owner);
                if !carries {
                    wrong.push(format!("{name} refers to {to} without its {owner}, so that it can refer to another's"));
                }
                let key = BTreeSet::from([owner.to_owned(), "id".to_owned()]);
                if !schema.get(to).is_some_and(|table| table.unique.contains(&key)) {
                    wrong.push(format!("{to} has no UNIQUE ({owner}, id)"));
                }
            }
            let loose = |(column, it): &(&String, &Column)| {
                it.is_uuid && column.ends_with("_id") && !table.references.iter().any(|reference| reference.from.contains(*column))
            };
            for (column, _) in table.columns.iter().filter(loose) {
                match LOOSE.iter().find(|(table, columns, _)| table == name && columns.contains(&column.as_str())) {
                    Some((.., why)) => writeln!(text, "    {column} is held by nothing: {why}")?,
                    None => wrong.push(format!("{name}.{column} is part of no foreign key")),
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        snapshot("table_by_scope.txt", &text)
    }
}

/// Ids that are part of no foreign key, and why. Nothing that can be derived tells what may outlive what.
const LOOSE: [(&str, &[&str], &str); 5] = [
    (
        "audit_entry",
        &["tenant_id", "reseller_id"],
        "what happened stays told, whatever becomes of the account",
    ),
    ("audit_head", &["tenant_id", "reseller_id"], "as its entries"),
    (
        "event",
        &["tenant_id", "reseller_id", "subject_id"],
        "it tells of rows of every table, also of those that were removed",
    ),
    (
        "idempotency_record",
        &["tenant_id", "reseller_id"],
        "an answer is kept for as long as the request may come again",
    ),
    (
        "session",
        &["membership_id"],
        "when the role is taken away, the session ends and is kept",
    ),
];

/// What a table says of a column.
struct Column {
    kind: Kind,
    is_uuid: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Needed,
    Optional,
}

#[derive(Default)]
struct Table {
    columns: BTreeMap<String, Column>,
    unique: BTreeSet<BTreeSet<String>>,
    references: BTreeSet<Reference>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Reference {
    from: Vec<String>,
    table: String,
    columns: Vec<String>,
}

type Schema = BTreeMap<String, Table>;

/// The list of the changes that were made is sea-orm's own.
const NOT_OURS: &str = "seaql_migrations";

async fn sqlite(file: &std::path::Path) -> Result<Schema> {
    let mut db = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file).read_only(true)).await?;
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .fetch_all(&mut db)
        .await?;
    let mut schema = Schema::new();
    for name in names.into_iter().filter(|name| name != NOT_OURS) {
        let mut table = Table::default();
        for row in sqlx::query("SELECT name, \"notnull\" OR pk, lower(type) = 'uuid' FROM pragma_table_info(?)")
            .bind(&name)
            .fetch_all(&mut db)
            .await?
        {
            table
                .columns
                .insert(row.get(0), column(row.get::<i64, _>(1) != 0, row.get::<i64, _>(2) != 0));
        }
        let unique = "SELECT l.name, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE l.\"unique\" AND NOT l.partial";
        let mut indexes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in sqlx::query(unique).bind(&name).fetch_all(&mut db).await? {
            indexes.entry(row.get(0)).or_default().insert(row.get(1));
        }
        table.unique = indexes.into_values().collect();
        let mut references: BTreeMap<i64, Reference> = BTreeMap::new();
        let keys = "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?) ORDER BY id, seq";
        for row in sqlx::query(keys).bind(&name).fetch_all(&mut db).await? {
            let reference = references.entry(row.get(0)).or_insert_with(|| Reference {
                from: Vec::new(),
                table: row.get(1),
                columns: Vec::new(),
            });
            reference.from.push(row.get(2));
            reference.columns.push(row.get(3));
        }
        table.references = references.into_values().collect();
        schema.insert(name, table);
    }
    Ok(schema)
}

async fn postgres(url: &str) -> Result<Schema> {
    let mut db = PgConnection::connect(url).await?;
    let mut schema = Schema::new();
    let columns = "SELECT table_name::text, column_name::text, is_nullable = 'NO', data_type = 'uuid' FROM information_schema.columns WHERE table_schema = 'public'";
    for row in sqlx::query(columns).fetch_all(&mut db).await? {
        let table = schema.entry(row.get(0)).or_default();
        table.columns.insert(row.get(1), column(row.get(2), row.get(3)));
    }
    let of = |key: &str, table: &str| {
        format!(
            "ARRAY(SELECT a.attname::text FROM unnest({key}) WITH ORDINALITY k (n, i) JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = k.n ORDER BY i)"
        )
    };
    let unique = format!(
        "SELECT indrelid::regclass::text, {} FROM pg_index JOIN pg_class t ON t.oid = indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = 'public' AND indisunique AND indpred IS NULL",
        of("indkey::int2[]", "indrelid")
    );
    for row in sqlx::query(sqlx::AssertSqlSafe(unique)).fetch_all(&mut db).await? {
        let columns: Vec<String> = row.get(1);
        schema
            .entry(unquoted(row.get(0)))
            .or_default()
            .unique
            .insert(columns.into_iter().collect());
    }
    let keys = format!(
        "SELECT conrelid::regclass::text, {}, confrelid::regclass::text, {} FROM pg_constraint WHERE contype = 'f'",
        of("conkey", "conrelid"),
        of("confkey", "confrelid")
    );
    for row in sqlx::query(sqlx::AssertSqlSafe(keys)).fetch_all(&mut db).await? {
        let reference = Reference {
            from: row.get(1),
            table: unquoted(row.get(2)),
            columns: row.get(3),
        };
        schema.entry(unquoted(row.get(0))).or_default().references.insert(reference);
    }
    schema.remove(NOT_OURS);
    Ok(schema)
}

fn column(is_needed: bool, is_uuid: bool) -> Column {
    let kind = if is_needed { Kind::Needed } else { Kind::Optional };
    Column { kind, is_uuid }
}

/// PostgreSQL quotes names that are words of SQL.
fn unquoted(name: String) -> String {
    name.trim_matches('"').to_owned()
}
