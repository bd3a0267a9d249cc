//! The customers.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load, rows};
use portal_client::pb;
use portal_ui::{Column, EmptyState, Filter, Icon, ListToolbar, PageHeading, StateBadge, Table, When, grouped};

/// The states that a customer may stand in, with their words.
pub const STATES: [(&str, &str); 6] = [
    ("ACTIVE", "Active"),
    ("ONBOARDING", "Onboarding"),
    ("SUSPENDED", "Suspended"),
    ("DELETED", "Deleted"),
    ("FAILED", "Failed"),
    ("PURGED", "Purged"),
];

/// The page.
#[component]
pub fn Customers() -> impl IntoView {
    let me = Me::here();
    let list = list_state("customers");
    let customers = load(move || {
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .contains(&["display_name", "slug", "contact_email"], &list.search())
            .days("create_time", &list.filter("created"));
        let request = pb::ListTenantsRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.client().reseller().list_tenants(request).await?;
            Ok(rows(page.tenants, page.total_size, page.next_page_token))
        }
    });
    let count = Signal::derive(move || customers.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let columns = vec![
        Column::new("Name", |it: &pb::Tenant| it.display_name.clone()).sorted_by("display_name"),
        Column::new("State", |it: &pb::Tenant| view! { <StateBadge state=it.state().as_str_name() /> }).sorted_by("state"),
        Column::new("Contact", |it: &pb::Tenant| it.contact.clone().unwrap_or_default().email),
        Column::new("Currency", |it: &pb::Tenant| it.billing_currency.clone()),
        Column::new("Customer since", |it: &pb::Tenant| view! { <When at=it.create_time /> })
            .sorted_by("create_time")
            .quiet(),
    ];
    view! {
        <PageHeading title="Customers" count=count />
        <ListToolbar
            list=list
            search="Search customers"
            filters=vec![Filter::choice("state", "State", STATES), Filter::days("created", "Customer since")]
        />
        <Table
            list=list
            data=customers
            label="customers"
            columns=columns
            key=|it: &pb::Tenant| it.id.clone()
            href=href
            filters=&["state", "created"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Building
                        title="No customers yet"
                        text="The ISPs that you bring appear here as soon as they are onboarded. You earn on what they pay."
                    />
                }
            }
        />
    }
}

/// Where a customer has its page.
pub fn href(customer: &pb::Tenant) -> String {
    format!("/reseller/customers/{}", customer.id)
}
