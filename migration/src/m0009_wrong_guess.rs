//! Wrong guesses at passwords and links.

use crate::m0006_walls::wall;
use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLE).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => crate::run(manager, &wall("wrong_guess", &[])).await,
            _ => Ok(()),
        }
    }
}

const TABLE: &str = "
CREATE TABLE wrong_guess (
    id uuid PRIMARY KEY,
    count bigint NOT NULL,
    locked_until timestamptz,
    guessed_at timestamptz NOT NULL
);
CREATE INDEX wrong_guess_by_age ON wrong_guess (guessed_at);
";
