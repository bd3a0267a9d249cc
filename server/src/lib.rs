//! The Tenantry server program.
