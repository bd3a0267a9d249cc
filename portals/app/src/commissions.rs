//! Commissions, wherever they are listed.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{
    Amount, Column, EmptyState, Filter, Icon, ListState, ListToolbar, StateBadge, Table, When, rate_text, view::commission_kind,
};

use crate::{
    list::{Filters, rows},
    load::load,
    me::Me,
};

/// The commissions within a condition.
#[component]
pub fn CommissionTable(
    /// What the list shows.
    list: ListState,
    /// What must hold of all of them.
    within: Filters,
    /// Where a commission leads.
    href: fn(&pb::Commission) -> String,
    /// All are of one customer, who need not be named.
    #[prop(optional)]
    of_customer: bool,
) -> impl IntoView {
    let me = Me::here();
    let within = StoredValue::new(within);
    let commissions = load(move || {
        let filter = within
            .get_value()
            .any("state", &list.filter("state"))
            .any("kind", &list.filter("kind"))
            .days("create_time", &list.filter("earned"));
        let request = pb::ListCommissionsRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.list_commissions(request).await?;
            Ok(rows(page.commissions, page.total_size, page.next_page_token))
        }
    });
    let states = [
        ("PENDING", "Pending"),
        ("APPROVED", "Approved"),
        ("IN_PAYOUT", "In payout"),
        ("PAID", "Paid"),
        ("REJECTED", "Rejected"),
    ];
    let kinds = [("INITIAL", "First invoice"), ("RECURRING", "Recurring")];
    let filters = vec![
        Filter::choice("state", "State", states),
        Filter::choice("kind", "For", kinds),
        Filter::days("earned", "Earned"),
    ];
    view! {
        <ListToolbar list=list filters=filters />
        <Table
            list=list
            data=commissions
            label="commissions"
            columns=columns(of_customer)
            key=|it: &pb::Commission| it.id.clone()
            href=href
            filters=&["state", "kind", "earned"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Percent
                        title="No commissions yet"
                        text="A commission arises when a customer pays an invoice: the agreed rate times what was collected."
                    />
                }
            }
        />
    }
}

fn columns(of_customer: bool) -> Vec<Column<pb::Commission>> {
    let invoice = Column::new("Invoice", |it: &pb::Commission| it.invoice_number.clone());
    let mut columns = match of_customer {
        true => vec![invoice],
        false => vec![Column::new("Customer", |it: &pb::Commission| it.customer_name.clone()), invoice],
    };
    columns.extend([
        Column::new("For", |it: &pb::Commission| commission_kind(it.kind())),
        Column::new(
            "State",
            |it: &pb::Commission| view! { <StateBadge state=it.state().as_str_name() /> },
        ),
        Column::new("Earned", |it: &pb::Commission| view! { <When at=it.create_time /> })
            .sorted_by("create_time")
            .quiet(),
        Column::new("Collected", |it: &pb::Commission| view! { <Amount money=it.base.clone() /> })
            .numeric()
            .quiet(),
        Column::new("Rate", |it: &pb::Commission| rate_text(it.rate_ppm)).numeric().quiet(),
        Column::new("Commission", |it: &pb::Commission| view! { <Amount money=it.amount.clone() /> })
            .sorted_by("amount")
            .numeric(),
    ]);
    columns
}
