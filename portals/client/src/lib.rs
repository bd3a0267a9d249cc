//! What a portal or a test calls Tenantry with.
