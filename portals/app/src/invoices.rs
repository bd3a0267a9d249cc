//! Invoices, wherever they are listed.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{
    Amount, Column, EmptyState, Filter, Icon, ListState, ListToolbar, MenuItem, Remote, Rows, Table, When, iso, now,
    view::{InvoiceBadges, invoice_name, period_text},
};

use crate::{
    list::{Filters, rows},
    load::load,
    me::Me,
};

/// The invoices within a condition, as a list shows them.
pub fn load_invoices(list: ListState, within: Filters) -> Remote<Rows<pb::Invoice>> {
    let me = Me::here();
    load(move || {
        let mut filter = within
            .clone()
            .any("state", &list.filter("state"))
            .contains(&["number"], &list.search())
            .days("due_time", &list.filter("due"));
        if let Some(moment) = list.filter("overdue").first() {
            filter = filter.and(overdue(moment));
        }
        let request = pb::ListInvoicesRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.list_invoices(request).await?;
            Ok(rows(page.invoices, page.total_size, page.next_page_token))
        }
    })
}

/// What was to be paid before a moment and is not.
fn overdue(moment: &str) -> String {
    let moment: String = moment
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '.'))
        .collect();
    format!("(state = OPEN OR state = PARTLY_PAID) AND due_time < \"{moment}\"")
}

/// Invoices with search and filters.
#[component]
pub fn InvoiceTable(
    /// What the list shows.
    list: ListState,
    /// What [`load_invoices`] gave.
    invoices: Remote<Rows<pb::Invoice>>,
    /// Where an invoice leads.
    href: fn(&pb::Invoice) -> String,
    /// Whose an invoice is, where they are not all of one tenant.
    #[prop(optional_no_strip)]
    tenant: Option<Column<pb::Invoice>>,
    /// The menu of an invoice.
    #[prop(optional_no_strip)]
    menu: Option<Callback<pb::Invoice, Vec<MenuItem>>>,
    /// When the first one comes.
    empty: &'static str,
) -> impl IntoView {
    let mut columns = vec![Column::new("Number", invoice_name)];
    columns.extend(tenant);
    columns.extend([
        Column::new(
            "State",
            |invoice: &pb::Invoice| view! { <InvoiceBadges state=invoice.state() overdue=invoice.overdue /> },
        ),
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
    ]);
    let states = [
        ("OPEN", "Open"),
        ("PARTLY_PAID", "Partly paid"),
        ("PAID", "Paid"),
        ("VOID", "Void"),
        ("UNCOLLECTIBLE", "Uncollectible"),
        ("DRAFT", "Draft"),
    ];
    // The moment is in the address, so that the pages of the list stay those of one list.
    let moment = untrack(|| list.filter("overdue")).into_iter().next().unwrap_or_else(|| iso(now()));
    let filters = vec![
        Filter::choice("state", "State", states),
        Filter::choice("overdue", "Overdue", [(moment, "yes")]),
        Filter::days("due", "Due"),
    ];
    let empty = move || view! { <EmptyState icon=Icon::Document title="No invoices yet" text=empty /> };
    view! {
        <ListToolbar list=list search="Search by number" filters=filters />
        <Table
            list=list
            data=invoices
            label="invoices"
            columns=columns
            key=|invoice: &pb::Invoice| invoice.id.clone()
            href=href
            menu=menu
            filters=&["state", "overdue", "due"]
            empty=empty
        />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overdue_is_what_is_owed_since_before_the_moment() {
        assert_eq!(
            overdue("2026-11-20T06:55:01Z"),
            "(state = OPEN OR state = PARTLY_PAID) AND due_time < \"2026-11-20T06:55:01Z\""
        );
        assert!(!overdue("x\" OR state = \"PAID").contains("\" OR"));
    }
}
