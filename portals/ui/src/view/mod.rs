//! Views of whole messages that several portals show. They know the messages, and nothing of how they are asked for.

mod commission;
mod deployment;
mod invoice;
mod user;

pub use commission::{CommissionSum, commission_kind};
pub use deployment::{
    DeploymentFacts, DeploymentNotice, cpu_series, is_up, may_restart, may_start, may_stop, memory_series, request_series, traffic_series,
};
pub use invoice::{InvoiceBadges, InvoiceFacts, InvoiceLines, PaymentsTable, invoice_name, payment_method, period_text};
pub use user::{role_hint, roles_of};
