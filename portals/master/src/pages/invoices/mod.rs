//! Invoices and what was paid for them.

mod detail;
mod list;
mod pay;

pub use detail::InvoicePage;
pub use list::{InvoiceTable, Invoices};

use portal_client::pb;

/// What an invoice is called; a draft has no number yet.
pub fn name(invoice: &pb::Invoice) -> String {
    match invoice.number.is_empty() {
        true => "Draft".to_owned(),
        false => invoice.number.clone(),
    }
}

/// Whether something is left to be paid on it.
fn is_owed(invoice: &pb::Invoice) -> bool {
    matches!(invoice.state(), pb::InvoiceState::Open | pb::InvoiceState::PartlyPaid)
}
