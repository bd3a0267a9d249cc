//! Subscriptions: plans, what tenants are billed for, invoices, payments.

pub mod invoice;
pub mod payment;
pub mod plan;
pub mod subscription;
