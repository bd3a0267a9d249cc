//! Database migrations of Tenantry, for SQLite and PostgreSQL.
