//! Instances: what each shall be and was observed to be, its port, and what was measured; and the long work on a tenant, which may be on one of its instances.

crate::migration!(
    "
CREATE TABLE deployment (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    slug text NOT NULL,
    backend text NOT NULL,
    node text NOT NULL,
    desired_state text NOT NULL,
    resume_state text NOT NULL,
    held_by text,
    suspend_reason text NOT NULL,
    memory_limit_bytes bigint NOT NULL,
    max_subscribers bigint NOT NULL,
    admin_email text NOT NULL,
    admin_password_hash text NOT NULL,
    sealed_password text,
    generation bigint NOT NULL,
    restart_generation bigint NOT NULL,
    state text NOT NULL,
    health text NOT NULL,
    version text NOT NULL,
    port bigint,
    observed_generation bigint NOT NULL,
    observed_at timestamptz,
    process_started_at timestamptz,
    data_since timestamptz,
    restarts bigint NOT NULL,
    probe_failures bigint NOT NULL,
    error jsonb,
    failures bigint NOT NULL,
    reconcile_at timestamptz NOT NULL,
    lease_holder text,
    lease_epoch bigint NOT NULL,
    lease_expires_at timestamptz,
    deleted_by text,
    deleted_at timestamptz,
    purge_at timestamptz,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX deployment_slug ON deployment (slug) WHERE state <> 'purged';
CREATE INDEX deployment_due ON deployment (node, reconcile_at);

CREATE TABLE port_lease (
    node text NOT NULL,
    port bigint NOT NULL,
    tenant_id uuid NOT NULL,
    deployment_id uuid NOT NULL UNIQUE,
    PRIMARY KEY (node, port),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployment (tenant_id, id)
);

CREATE TABLE deployment_sample (
    deployment_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    at timestamptz NOT NULL,
    cpu_millicores bigint NOT NULL,
    memory_bytes bigint NOT NULL,
    receive_bytes_per_second bigint NOT NULL,
    transmit_bytes_per_second bigint NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (deployment_id, at),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployment (tenant_id, id)
);
CREATE INDEX deployment_sample_at ON deployment_sample (at);

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
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, deployment_id) REFERENCES deployment (tenant_id, id)
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
