//! The invoices.

use leptos::prelude::*;
use portal_app::{Filters, InvoiceTable, list_state, load_invoices};
use portal_client::pb;
use portal_ui::{PageHeading, grouped};

/// The page.
#[component]
pub fn Invoices() -> impl IntoView {
    let list = list_state("invoices");
    let invoices = load_invoices(list, Filters::new());
    let count = Signal::derive(move || invoices.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    view! {
        <PageHeading title="Invoices" count=count />
        <InvoiceTable
            list=list
            invoices=invoices
            href=href
            empty="The first invoice is made when your instance is up for the first time. It then appears here by itself."
        />
    }
}

/// Where an invoice has its page.
pub fn href(invoice: &pb::Invoice) -> String {
    format!("/tenant/invoices/{}", invoice.id)
}
