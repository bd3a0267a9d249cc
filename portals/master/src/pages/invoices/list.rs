//! All invoices, or those of a tenant.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load};
use portal_client::pb;
use portal_ui::{
    Amount, Column, EmptyState, Filter, Icon, ListState, ListToolbar, MenuItem, PageHeading, Remote, Rows, Table, When, grouped, iso, now,
    view::{InvoiceBadges, period_text},
};

use super::{is_owed, name, pay::PayDialog};
use crate::names::NameOf;

/// The page.
#[component]
pub fn Invoices() -> impl IntoView {
    let list = list_state("invoices");
    let invoices = invoices(list, Filters::new());
    let count = Signal::derive(move || invoices.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    view! {
        <PageHeading title="Invoices" count=count />
        <InvoiceList list=list invoices=invoices of_tenant=false />
    }
}

/// The invoices within a condition, inside of a page.
#[component]
pub fn InvoiceTable(
    /// What the list shows.
    list: ListState,
    /// What must hold of every invoice.
    within: Filters,
    /// They are all of one tenant, which need not be named.
    of_tenant: bool,
) -> impl IntoView {
    let invoices = invoices(list, within);
    view! { <InvoiceList list=list invoices=invoices of_tenant=of_tenant /> }
}

fn invoices(list: ListState, within: Filters) -> Remote<Rows<pb::Invoice>> {
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
            Ok(Rows {
                items: page.invoices,
                total: u64::try_from(page.total_size).unwrap_or(0),
                next: page.next_page_token,
            })
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

#[component]
fn InvoiceList(list: ListState, invoices: Remote<Rows<pb::Invoice>>, of_tenant: bool) -> impl IntoView {
    let me = Me::here();
    let mut columns = vec![Column::new("Number", name)];
    if !of_tenant {
        columns.push(Column::new(
            "Tenant",
            |invoice: &pb::Invoice| view! { <NameOf id=invoice.tenant_id.clone() /> },
        ));
    }
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
    let paying = RwSignal::new(None::<pb::Invoice>);
    let menu = Callback::new(move |invoice: pb::Invoice| match me.may("RecordPayment") && is_owed(&invoice) {
        true => vec![MenuItem::new("Record payment", Icon::Card, move || {
            paying.set(Some(invoice.clone()))
        })],
        false => Vec::new(),
    });
    view! {
        <ListToolbar list=list search="Search by number" filters=filters />
        <Table
            list=list
            data=invoices
            label="invoices"
            columns=columns
            key=|invoice: &pb::Invoice| invoice.id.clone()
            href=|invoice: &pb::Invoice| format!("/master/invoices/{}", invoice.id)
            menu=menu
            filters=&["state", "overdue", "due"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Document
                        title="No invoices yet"
                        text="The first invoice of a tenant is made when its instance is healthy for the first time; then one for each period."
                    />
                }
            }
        />
        <PayDialog invoice=paying on_paid=move |()| invoices.reload() />
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
