//! The audit trail holds together: each entry has a number in the trail of its owner, what came of it, and a stamp over itself and the one before; and each trail has
//! a head that knows how long it is.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let on_postgres = manager.get_database_backend() == DbBackend::Postgres;
        if on_postgres {
            // The owner of the tables is bound by the walls too.
            crate::run(manager, "SELECT set_config('app.platform', 'on', true)").await?;
        }
        let (user, bytes) = match on_postgres {
            true => ("replace(user_id::text, '-', '')", "''::bytea"),
            false => ("lower(hex(user_id))", "x''"),
        };
        let changes = CHANGES.replace("{user}", user).replace("{bytes}", bytes);
        crate::run(manager, &changes).await?;
        if on_postgres {
            crate::run(manager, &crate::m0006_walls::of_anyone("audit_head")).await?;
        }
        Ok(())
    }
}

/// What was written before is numbered in the order of the ids, which is that of creation. It gets no stamps: nobody can tell any more whether it is as it was written, and
/// whoever takes this change back by hand must not get forged entries stamped. Of those who did it the vendor's staff of today is known.
const CHANGES: &str = "
ALTER TABLE audit_entry ADD COLUMN by_staff boolean NOT NULL DEFAULT false;
ALTER TABLE audit_entry ADD COLUMN result text NOT NULL DEFAULT 'OK';
ALTER TABLE audit_entry ADD COLUMN reason text NOT NULL DEFAULT '';
ALTER TABLE audit_entry ADD COLUMN number bigint NOT NULL DEFAULT 0;
ALTER TABLE audit_entry ADD COLUMN previous bytea NOT NULL DEFAULT {bytes};
ALTER TABLE audit_entry ADD COLUMN stamp bytea NOT NULL DEFAULT {bytes};

UPDATE audit_entry SET number = o.number FROM (
    SELECT id, row_number() OVER (PARTITION BY tenant_id, reseller_id ORDER BY id) AS number FROM audit_entry
) o WHERE o.id = audit_entry.id;
UPDATE audit_entry SET by_staff = true WHERE actor_id IN (
    SELECT 'usr_' || {user} FROM membership WHERE tenant_id IS NULL AND reseller_id IS NULL
);

CREATE UNIQUE INDEX audit_entry_of_tenant ON audit_entry (tenant_id, number) WHERE tenant_id IS NOT NULL;
CREATE UNIQUE INDEX audit_entry_of_reseller ON audit_entry (reseller_id, number) WHERE tenant_id IS NULL AND reseller_id IS NOT NULL;
CREATE UNIQUE INDEX audit_entry_of_platform ON audit_entry (number) WHERE tenant_id IS NULL AND reseller_id IS NULL;
CREATE INDEX audit_entry_by_reseller ON audit_entry (reseller_id, at, id);

CREATE TABLE audit_head (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    reseller_id uuid,
    entries bigint NOT NULL,
    last bytea NOT NULL,
    stamp bytea NOT NULL
);
";
