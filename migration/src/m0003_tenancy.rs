//! What belongs to a tenant besides its instances and bills: settings, and the long work on it.

crate::migration!(
    "
CREATE TABLE tenant_setting (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    category text NOT NULL,
    value jsonb NOT NULL,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, category)
);

CREATE TABLE operation (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    deployment_id uuid,
    kind text NOT NULL,
    state text NOT NULL,
    input jsonb NOT NULL,
    error jsonb,
    lease_holder text,
    lease_epoch bigint NOT NULL,
    lease_expires_at timestamptz,
    run_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    ended_at timestamptz,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX operation_at_work ON operation (tenant_id) WHERE state IN ('pending', 'running', 'compensating');
CREATE INDEX operation_due ON operation (state, run_at);

CREATE TABLE operation_step (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    position bigint NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    attempts bigint NOT NULL,
    message text NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    UNIQUE (operation_id, position),
    FOREIGN KEY (tenant_id, operation_id) REFERENCES operation (tenant_id, id)
);
"
);
