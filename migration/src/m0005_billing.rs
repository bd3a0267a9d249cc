//! Money: subscriptions, invoices, payments, and what resellers earned on them.

crate::migration!(
    "
CREATE TABLE subscription (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    plan_id uuid NOT NULL REFERENCES plan (id),
    price_id uuid NOT NULL REFERENCES price (id),
    state text NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    cadence text NOT NULL,
    anchor_day bigint NOT NULL CHECK (anchor_day BETWEEN 0 AND 31),
    period_start date,
    period_end date,
    next_invoice_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX subscription_running ON subscription (tenant_id) WHERE state NOT IN ('canceled', 'expired');
CREATE INDEX subscription_due ON subscription (next_invoice_at);
CREATE INDEX subscription_by_creation ON subscription (created_at, id);

CREATE TABLE invoice (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    subscription_id uuid NOT NULL,
    ordinal bigint NOT NULL,
    number text UNIQUE,
    state text NOT NULL,
    currency text NOT NULL,
    period_start date NOT NULL,
    period_end date NOT NULL,
    total bigint NOT NULL,
    amount_paid bigint NOT NULL CHECK (amount_paid BETWEEN 0 AND total),
    finalized_at timestamptz,
    due_at timestamptz,
    paid_at timestamptz,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (subscription_id, period_start),
    UNIQUE (subscription_id, ordinal),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX invoice_by_creation ON invoice (created_at, id);
CREATE INDEX invoice_by_tenant ON invoice (tenant_id, created_at, id);
CREATE INDEX invoice_overdue ON invoice (state, due_at);

CREATE TABLE invoice_line (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    position bigint NOT NULL,
    description text NOT NULL,
    quantity bigint NOT NULL,
    unit_amount bigint NOT NULL,
    days bigint NOT NULL,
    period_days bigint NOT NULL,
    amount bigint NOT NULL,
    UNIQUE (invoice_id, position),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);

CREATE TABLE document_series (
    name text PRIMARY KEY,
    next_number bigint NOT NULL
);
INSERT INTO document_series (name, next_number) VALUES ('invoice', 1);

CREATE TABLE payment (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    method text NOT NULL,
    reference text NOT NULL,
    received_at timestamptz NOT NULL,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
CREATE INDEX payment_by_creation ON payment (created_at, id);
CREATE INDEX payment_by_tenant ON payment (tenant_id, created_at, id);
CREATE INDEX payment_by_invoice ON payment (invoice_id);

CREATE TABLE commission (
    id uuid PRIMARY KEY,
    reseller_id uuid NOT NULL,
    agreement_id uuid NOT NULL,
    agreement_version bigint NOT NULL,
    customer_id uuid NOT NULL REFERENCES tenant (id),
    customer_name text NOT NULL,
    invoice_id uuid NOT NULL REFERENCES invoice (id),
    invoice_number text NOT NULL,
    payment_id uuid NOT NULL UNIQUE REFERENCES payment (id),
    kind text NOT NULL,
    state text NOT NULL,
    currency text NOT NULL,
    base bigint NOT NULL,
    rate_ppm bigint NOT NULL,
    amount bigint NOT NULL,
    hold_until timestamptz NOT NULL,
    row_version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    UNIQUE (reseller_id, id),
    FOREIGN KEY (reseller_id, agreement_id) REFERENCES commission_agreement (reseller_id, id)
);
CREATE INDEX commission_by_creation ON commission (created_at, id);
CREATE INDEX commission_by_reseller ON commission (reseller_id, created_at, id);
CREATE INDEX commission_by_invoice ON commission (invoice_id);
CREATE INDEX commission_due ON commission (state, hold_until);
"
);
