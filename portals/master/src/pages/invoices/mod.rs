//! Invoices and what was paid for them.

mod detail;
mod list;
mod pay;

pub use detail::InvoicePage;
pub use list::{Invoices, InvoicesOf};

use portal_client::pb;

/// Whether something is left to be paid on it.
fn is_owed(invoice: &pb::Invoice) -> bool {
    matches!(invoice.state(), pb::InvoiceState::Open | pb::InvoiceState::PartlyPaid)
}
