//! People and what they did: users, memberships, sessions, invitations, the audit trail, the outbox, answered requests; and the resellers and tenants that own
//! rows.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

/// The change.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let event = match manager.get_database_backend() {
            DbBackend::Postgres => EVENT.replace("{seq}", "bigserial PRIMARY KEY") + IN_ORDER,
            _ => EVENT.replace("{seq}", "integer PRIMARY KEY AUTOINCREMENT"),
        };
        crate::run(manager, TABLES).await?;
        crate::run(manager, &event).await
    }
}

const EVENT: &str = "
CREATE TABLE event (
    seq {seq},
    tenant_id uuid,
    reseller_id uuid,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    at timestamptz NOT NULL
);
";

/// On PostgreSQL transactions write at the same time. An event gets its number when its transaction is committed, under a lock that the commit itself gives back:
/// so numbers are committed in the order in which they are given, and no program can hold the lock while it does something else.
///
/// An account that could number its events could give one the highest number there is: nobody would be told of another event ever again. So the trigger numbers them as the
/// owner of the tables, who is bound by the walls (m0006) like everybody else and acts for the platform there.
const IN_ORDER: &str = "
CREATE FUNCTION event_in_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE before text := coalesce(current_setting('app.platform', true), '');
BEGIN
    PERFORM pg_advisory_xact_lock(3203), set_config('app.platform', 'on', true);
    UPDATE event SET seq = nextval('event_seq_seq') WHERE seq = NEW.seq;
    PERFORM set_config('app.platform', before, true);
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER event_in_order AFTER INSERT ON event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION event_in_order();
";

const TABLES: &str = r#"
CREATE TABLE reseller (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    contact_email text NOT NULL,
    state text NOT NULL,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE tenant (
    id uuid PRIMARY KEY,
    slug text NOT NULL,
    display_name text NOT NULL,
    state text NOT NULL,
    state_reason text NOT NULL,
    resume_state text NOT NULL,
    contact_name text NOT NULL,
    contact_email text NOT NULL,
    contact_phone text NOT NULL,
    billing_currency text NOT NULL,
    time_zone text NOT NULL,
    reseller_id uuid REFERENCES reseller (id),
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    purge_at timestamptz
);
CREATE UNIQUE INDEX tenant_slug ON tenant (slug) WHERE state NOT IN ('purged', 'failed');
CREATE INDEX tenant_by_reseller ON tenant (reseller_id);
CREATE INDEX tenant_by_creation ON tenant (created_at, id);

CREATE TABLE "user" (
    id uuid PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text NOT NULL,
    password_hash text,
    state text NOT NULL,
    last_sign_in_at timestamptz,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE membership (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES "user" (id),
    tenant_id uuid REFERENCES tenant (id),
    reseller_id uuid REFERENCES reseller (id),
    role text NOT NULL,
    email text NOT NULL,
    display_name text NOT NULL,
    state text NOT NULL,
    last_sign_in_at timestamptz,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (tenant_id IS NULL OR reseller_id IS NULL)
);
CREATE UNIQUE INDEX membership_of_tenant ON membership (tenant_id, user_id) WHERE tenant_id IS NOT NULL;
CREATE UNIQUE INDEX membership_of_reseller ON membership (reseller_id, user_id) WHERE reseller_id IS NOT NULL;
CREATE UNIQUE INDEX membership_of_platform ON membership (user_id) WHERE tenant_id IS NULL AND reseller_id IS NULL;
CREATE INDEX membership_by_user ON membership (user_id);

CREATE TABLE session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES "user" (id),
    membership_id uuid NOT NULL,
    portal text NOT NULL,
    generation bigint NOT NULL,
    rotated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    remote_address text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_membership ON session (membership_id);

CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    membership_id uuid REFERENCES membership (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    expires_at timestamptz,
    used_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX invitation_by_membership ON invitation (membership_id);

CREATE TABLE audit_entry (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    reseller_id uuid,
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    subject_name text NOT NULL,
    changes jsonb NOT NULL,
    request_id text NOT NULL,
    remote_address text NOT NULL
);
CREATE INDEX audit_entry_by_time ON audit_entry (at, id);
CREATE INDEX audit_entry_by_tenant ON audit_entry (tenant_id, at, id);

CREATE TABLE idempotency_record (
    id uuid PRIMARY KEY,
    tenant_id uuid,
    reseller_id uuid,
    fingerprint bytea NOT NULL,
    answer jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX idempotency_record_by_age ON idempotency_record (created_at);
"#;
