//! All operations.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load, rows};
use portal_client::pb;
use portal_ui::{
    Column, EmptyState, Filter, Icon, ListToolbar, PageHeading, StateBadge, Table, When, dash, duration_text, grouped, millis,
};

use super::{current_step, title};

/// The page.
#[component]
pub fn Operations() -> impl IntoView {
    let me = Me::here();
    let list = list_state("operations");
    let operations = load(move || {
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .any("kind", &list.filter("kind"))
            .days("create_time", &list.filter("begun"));
        let request = pb::ListOperationsRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.client().master().list_operations(request).await?;
            Ok(rows(page.operations, page.total_size, page.next_page_token))
        }
    });
    let count = Signal::derive(move || operations.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let columns = vec![
        Column::new("What", title),
        Column::new(
            "State",
            |it: &pb::Operation| view! { <StateBadge state=it.state().as_str_name() /> },
        ),
        Column::new("Step", current_step),
        Column::new("Begun", |it: &pb::Operation| view! { <When at=it.create_time /> })
            .sorted_by("create_time")
            .quiet(),
        Column::new("Took", |it: &pb::Operation| match (millis(&it.create_time), millis(&it.end_time)) {
            (Some(begun), Some(ended)) => duration_text(ended - begun).into_any(),
            _ => dash().into_any(),
        })
        .numeric()
        .quiet(),
    ];
    let states = [
        ("PENDING", "Pending"),
        ("RUNNING", "Running"),
        ("COMPENSATING", "Compensating"),
        ("SUCCEEDED", "Succeeded"),
        ("FAILED", "Failed"),
        ("NEEDS_OPERATOR", "Needs operator"),
    ];
    let filters = vec![
        Filter::choice("state", "State", states),
        Filter::choice("kind", "Kind", [("ONBOARD", "Onboarding"), ("PURGE", "Purge")]),
        Filter::days("begun", "Begun"),
    ];
    view! {
        <PageHeading title="Operations" count=count />
        <ListToolbar list=list filters=filters />
        <Table
            list=list
            data=operations
            label="operations"
            columns=columns
            key=|it: &pb::Operation| it.id.clone()
            href=|it: &pb::Operation| format!("/master/operations/{}", it.id)
            filters=&["state", "kind", "begun"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Clock
                        title="No operations yet"
                        text="Onboarding and purging a tenant take several steps. They are done one after the other and shown here while they are at work."
                    />
                }
            }
        />
    }
}
