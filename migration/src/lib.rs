//! The tables of Tenantry. One file for each change, in the SQL that SQLite and PostgreSQL share.
//!
//! Types mean the same on both: `uuid`, `text`, `bigint`, `boolean`, `date`, `timestamptz`, `jsonb`, `bytea` (SQLite takes any name). Moments are written by the
//! program, never by a default. A table with `tenant_id` or `reseller_id` belongs to that tenant or reseller; references inside a tenant carry it, so that a
//! reference across tenants cannot be stored.

mod m0001_identity;
mod m0002_catalogue;
mod m0003_tenancy;
mod m0004_deployments;
mod m0005_billing;
mod m0006_walls;
mod m0007_audit_chain;
mod m0008_policy;
mod m0009_wrong_guess;
mod m0010_narrower_walls;
mod m0011_people;
mod m0012_least_rights;

pub use sea_orm_migration::{
    MigrationStatus,
    sea_orm::{DatabaseConnection, DatabaseTransaction},
};
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// All changes, in their order.
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_identity::Migration),
            Box::new(m0002_catalogue::Migration),
            Box::new(m0003_tenancy::Migration),
            Box::new(m0004_deployments::Migration),
            Box::new(m0005_billing::Migration),
            Box::new(m0006_walls::Migration),
            Box::new(m0007_audit_chain::Migration),
            Box::new(m0008_policy::Migration),
            Box::new(m0009_wrong_guess::Migration),
            Box::new(m0010_narrower_walls::Migration),
            Box::new(m0011_people::Migration),
            Box::new(m0012_least_rights::Migration),
        ]
    }
}

/// Held on PostgreSQL while tables change, so that servers that start together wait for one another.
const LOCK: i64 = 0x7e_4a_47_5e;

/// Makes every change that was not made yet, all of them or none.
pub async fn up(db: &DatabaseConnection) -> Result<(), DbErr> {
    use sea_orm_migration::sea_orm::{ConnectionTrait, TransactionTrait};
    let tx = db.begin().await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
    }
    Migrator::up(&tx, None).await?;
    tx.commit().await
}

/// Which changes there are.
pub fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|change| change.name().to_owned()).collect()
}

/// Which changes there are, and whether each was made.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<(String, bool)>, DbErr> {
    let all = Migrator::get_migration_with_status(db).await?;
    Ok(all
        .iter()
        .map(|m| (m.name().to_owned(), m.status() == MigrationStatus::Applied))
        .collect())
}

/// Runs the statements of a change.
async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(|_| ())
}

/// Declares a change that is a text of SQL, and on PostgreSQL a second one: the walls of new tables, which SQLite does not have.
macro_rules! migration {
    ($sql:expr) => {
        crate::migration!($sql, "");
    };
    ($sql:expr, $on_postgres:expr) => {
        /// The change.
        #[derive(sea_orm_migration::prelude::DeriveMigrationName)]
        pub(crate) struct Migration;

        #[async_trait::async_trait]
        impl sea_orm_migration::prelude::MigrationTrait for Migration {
            async fn up(&self, manager: &sea_orm_migration::prelude::SchemaManager) -> Result<(), sea_orm_migration::prelude::DbErr> {
                crate::run(manager, $sql).await?;
                match manager.get_database_backend() {
                    sea_orm_migration::sea_orm::DbBackend::Postgres => crate::run(manager, $on_postgres).await,
                    _ => Ok(()),
                }
            }
        }
    };
}
use migration;
