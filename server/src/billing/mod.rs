//! Subscriptions: plans, what tenants are billed for, invoices, payments.

pub mod day;
pub mod due;
pub mod invoice;
pub mod payment;
pub mod period;
pub mod plan;
pub mod subscription;
