//! The role as which the server works on PostgreSQL. Row level security does not bind a superuser, and whoever owns a table can lift it: so the role is neither.

use anyhow::{Result, anyhow};
use percent_encoding::percent_decode_str;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use std::str::FromStr;
use url::Url;

/// What the role may do: read and write rows. What is in the audit trail stays as it is, and events are numbered by a trigger. A temporary table would stand before the
/// real one of its name, so nobody makes any; the path by which names are found says it once more, where the owner of the tables may set it.
const RIGHTS: [&str; 10] = [
    "GRANT USAGE ON SCHEMA public TO %1$I",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %1$I",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %1$I",
    "REVOKE UPDATE, DELETE ON audit_entry FROM %1$I",
    "REVOKE UPDATE ON event FROM %1$I",
    "REVOKE DELETE ON audit_head FROM %1$I",
    "REVOKE INSERT, UPDATE, DELETE ON seaql_migrations FROM %1$I",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC, %1$I",
    "REVOKE TEMPORARY ON DATABASE %2$I FROM PUBLIC, %1$I",
    "DO $do$ BEGIN ALTER ROLE %1$I IN DATABASE %2$I SET search_path = public, pg_temp; EXCEPTION WHEN insufficient_privilege THEN NULL; END $do$",
];

/// Held while the rights are given: servers that start together wait for one another.
const LOCK: i64 = 0x7e_4a_47_5f;

/// Makes the role of the server's URL where there is none, and gives it its rights.
pub(super) async fn prepare(owner: &mut PgConnection, url: &str) -> Result<()> {
    let name = &user(url)?;
    let own: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut *owner).await?;
    if own == *name {
        return Err(unbound(name, "owns the tables"));
    }
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(name)
        .fetch_one(&mut *owner)
        .await?;
    if !exists {
        let make = "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', $1, $2)";
        let make: String = sqlx::query_scalar(make)
            .bind(name)
            .bind(password(url)?)
            .fetch_one(&mut *owner)
            .await?;
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&mut *owner).await?;
    }
    // In one transaction: what is given with all tables and taken back of some is never there for others to use.
    let mut tx = owner.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *tx).await?;
    for right in RIGHTS {
        let grant: String = sqlx::query_scalar("SELECT format($1, $2, current_database())")
            .bind(right)
            .bind(name)
            .fetch_one(&mut *tx)
            .await?;
        sqlx::raw_sql(AssertSqlSafe(grant)).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

fn user(url: &str) -> Result<String> {
    Ok(PgConnectOptions::from_str(url)?.get_username().to_owned())
}

/// The password in a URL, as it is written before a URL is made of it.
fn password(url: &str) -> Result<Option<String>> {
    let url = Url::parse(url)?;
    let decoded = url
        .password()
        .map(|password| percent_decode_str(password).decode_utf8().map(String::from));
    Ok(decoded.transpose()?)
}

/// Refuses a role that the walls between tenants do not bind. Whoever may make roles, or act as one that is free, is as free.
pub(super) async fn check(pool: &PgPool) -> Result<()> {
    let question = "SELECT current_user::text, \
        EXISTS (SELECT FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(oid, 'MEMBER')), \
        EXISTS (SELECT FROM pg_roles WHERE rolcreaterole AND pg_has_role(oid, 'MEMBER')), \
        EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'MEMBER')), \
        has_database_privilege(current_database(), 'TEMPORARY')";
    let (name, is_free, makes_roles, is_owner, makes_tables): (String, bool, bool, bool, bool) =
        sqlx::query_as(question).persistent(false).fetch_one(pool).await?;
    let why = match (is_free, makes_roles, is_owner, makes_tables) {
        (false, false, false, false) => return Ok(()),
        (true, ..) => "is a superuser or may bypass row level security, or is a member of such a role",
        (_, true, ..) => "may make roles",
        (.., true, _) => "owns the tables",
        _ => {
            "may make temporary tables, which would stand before the real ones until `tenantry migrate up` takes that right from everybody"
        }
    };
    Err(unbound(&name, why))
}

fn unbound(name: &str, why: &str) -> anyhow::Error {
    anyhow!(
        "the server must not work as {name:?}, which {why}: nothing in the database would keep one tenant's rows from another. Put its URL into the setting \
         database_owner_url, and into database_url the same with a user and a password of your choice; `tenantry migrate up` makes that user"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_read_as_it_was_meant() -> Result<()> {
        let url = "postgres://tenantry:p%40ss%2Fw%27rd@db/tenantry";
        assert_eq!((user(url)?.as_str(), password(url)?.as_deref()), ("tenantry", Some("p@ss/w'rd")));
        assert_eq!(password("postgres://tenantry@db/tenantry")?, None);
        Ok(())
    }
}
