//! The public contract of Tenantry: messages, services, descriptor set.
