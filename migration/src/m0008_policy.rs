//! Which role may call what, where the vendor has written it.

use crate::m0006_walls::wall;
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLE).await?;
        // SQLite keeps an id as its bytes.
        match manager.get_database_backend() {
            DbBackend::Postgres => {
                crate::run(manager, &only("'00000000-0000-0000-0000-000000000000'")).await?;
                crate::run(manager, &wall("policy", &[])).await
            }
            _ => crate::run(manager, &only("zeroblob(16)")).await,
        }
    }
}

const TABLE: &str = "
CREATE TABLE policy (
    id uuid PRIMARY KEY,
    text text NOT NULL,
    known jsonb NOT NULL,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
";

/// The one row, which is always there. Its text is empty until somebody writes one.
fn only(id: &str) -> String {
    format!("INSERT INTO policy VALUES ({id}, '', '[]', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)")
}
