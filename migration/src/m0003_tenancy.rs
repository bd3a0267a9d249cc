//! What belongs to a tenant besides its instances, the work on them, and bills: settings.

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
"
);
