//! The invoices.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load};
use portal_client::pb;
use portal_ui::{
    Amount, Column, EmptyState, Filter, Icon, ListToolbar, PageHeading, Rows, Table, When, grouped,
    view::{InvoiceBadges, period_text},
};

/// The page.
#[component]
pub fn Invoices() -> impl IntoView {
    let me = Me::here();
    let list = list_state("invoices");
    let invoices = load(move || {
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .contains(&["number"], &list.search())
            .days("due_time", &list.filter("due"));
        let request = pb::ListInvoicesRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.list_invoices(request).await?;
            Ok(Rows {
                items: page.invoices,
                total: u64::try_from(page.total_size).unwrap_or(0),
                next: page.next_page_token,
            })
        }
    });
    let count = Signal::derive(move || invoices.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let states = [
        ("OPEN", "Open"),
        ("PARTLY_PAID", "Partly paid"),
        ("PAID", "Paid"),
        ("VOID", "Void"),
        ("UNCOLLECTIBLE", "Uncollectible"),
        ("DRAFT", "Draft"),
    ];
    view! {
        <PageHeading title="Invoices" count=count />
        <ListToolbar
            list=list
            search="Search by number"
            filters=vec![Filter::choice("state", "State", states), Filter::days("due", "Due")]
        />
        <Table
            list=list
            data=invoices
            label="invoices"
            columns=columns()
            key=|invoice: &pb::Invoice| invoice.id.clone()
            href=href
            filters=&["state", "due"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Document
                        title="No invoices yet"
                        text="The first invoice is made when your instance is up for the first time. It then appears here by itself."
                    />
                }
            }
        />
    }
}

/// Where an invoice has its page.
pub fn href(invoice: &pb::Invoice) -> String {
    format!("/tenant/invoices/{}", invoice.id)
}

/// What an invoice is called; a draft has no number yet.
pub fn name(invoice: &pb::Invoice) -> String {
    match invoice.number.is_empty() {
        true => "Draft".to_owned(),
        false => invoice.number.clone(),
    }
}

fn columns() -> Vec<Column<pb::Invoice>> {
    vec![
        Column::new("Number", name),
        Column::new("State", |invoice: &pb::Invoice| {
            view! { <InvoiceBadges state=invoice.state() overdue=invoice.overdue /> }
        }),
        Column::new("Period", |invoice: &pb::Invoice| {
            period_text(&invoice.period_start, &invoice.period_end)
        })
        .quiet(),
        Column::new("Due", |invoice: &pb::Invoice| view! { <When at=invoice.due_time /> })
            .sorted_by("due_time")
            .quiet(),
        Column::new("Total", |invoice: &pb::Invoice| view! { <Amount money=invoice.total.clone() /> })
            .sorted_by("total")
            .numeric(),
        Column::new(
            "Left to pay",
            |invoice: &pb::Invoice| view! { <Amount money=invoice.amount_due.clone() /> },
        )
        .numeric(),
    ]
}
