//! What is sold and on which terms: plans, prices, commission agreements.

crate::migration!(
    "
CREATE TABLE plan (
    id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    description text NOT NULL,
    deployments bigint NOT NULL,
    memory_bytes bigint NOT NULL,
    subscribers bigint NOT NULL,
    users bigint NOT NULL,
    state text NOT NULL,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE price (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES plan (id),
    currency text NOT NULL,
    cadence text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    created_at timestamptz NOT NULL,
    retired_at timestamptz
);
CREATE UNIQUE INDEX price_on_sale ON price (plan_id, currency, cadence) WHERE retired_at IS NULL;

CREATE TABLE commission_agreement (
    id uuid PRIMARY KEY,
    reseller_id uuid NOT NULL REFERENCES reseller (id),
    version bigint NOT NULL,
    initial_rate_ppm bigint NOT NULL CHECK (initial_rate_ppm BETWEEN 0 AND 1000000),
    recurring_rate_ppm bigint NOT NULL CHECK (recurring_rate_ppm BETWEEN 0 AND 1000000),
    recurring_invoices bigint NOT NULL,
    hold_days bigint NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (reseller_id, version),
    UNIQUE (reseller_id, id)
);
"
);
