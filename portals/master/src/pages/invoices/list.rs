//! All invoices, or those of a tenant.

use leptos::prelude::*;
use portal_app::{Filters, InvoiceTable, Me, list_state, load_invoices};
use portal_client::pb;
use portal_ui::{Column, Icon, ListState, MenuItem, PageHeading, Remote, Rows, grouped};

use super::{is_owed, pay::PayDialog};
use crate::names::NameOf;

/// The page.
#[component]
pub fn Invoices() -> impl IntoView {
    let list = list_state("invoices");
    let invoices = load_invoices(list, Filters::new());
    let count = Signal::derive(move || invoices.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let tenant = Column::new("Tenant", |invoice: &pb::Invoice| view! { <NameOf id=invoice.tenant_id.clone() /> });
    view! {
        <PageHeading title="Invoices" count=count />
        <PayableInvoices list=list invoices=invoices tenant=Some(tenant) />
    }
}

/// The invoices of a tenant, inside of its page.
#[component]
pub fn InvoicesOf(tenant_id: String) -> impl IntoView {
    let list = ListState::local("tenant-invoices");
    let invoices = load_invoices(list, Filters::new().is("tenant_id", &tenant_id));
    view! { <PayableInvoices list=list invoices=invoices tenant=None /> }
}

#[component]
fn PayableInvoices(list: ListState, invoices: Remote<Rows<pb::Invoice>>, tenant: Option<Column<pb::Invoice>>) -> impl IntoView {
    let me = Me::here();
    let paying = RwSignal::new(None::<pb::Invoice>);
    let menu = Callback::new(move |invoice: pb::Invoice| match me.may("RecordPayment") && is_owed(&invoice) {
        true => vec![MenuItem::new("Record payment", Icon::Card, move || {
            paying.set(Some(invoice.clone()))
        })],
        false => Vec::new(),
    });
    view! {
        <InvoiceTable
            list=list
            invoices=invoices
            href=|invoice: &pb::Invoice| format!("/master/invoices/{}", invoice.id)
            tenant=tenant
            menu=Some(menu)
            empty="The first invoice of a tenant is made when its instance is healthy for the first time; then one for each period."
        />
        <PayDialog invoice=paying on_paid=move |()| invoices.reload() />
    }
}
