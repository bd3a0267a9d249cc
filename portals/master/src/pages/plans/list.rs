//! All plans.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load, rows};
use portal_client::pb;
use portal_ui::{Column, EmptyState, Filter, Icon, IconView, ListToolbar, PageHeading, StateBadge, Table, When, grouped};

use super::{entitlements_text, price};

/// The page.
#[component]
pub fn Plans() -> impl IntoView {
    let me = Me::here();
    let list = list_state("plans");
    let plans = load(move || {
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .contains(&["display_name", "code"], &list.search());
        let request = pb::ListPlansRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.client().master().list_plans(request).await?;
            Ok(rows(page.plans, page.total_size, page.next_page_token))
        }
    });
    let count = Signal::derive(move || plans.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let columns = vec![
        Column::new("Name", |plan: &pb::Plan| plan.display_name.clone()).sorted_by("display_name"),
        Column::new("Code", |plan: &pb::Plan| view! { <code>{plan.code.clone()}</code> })
            .sorted_by("code")
            .quiet(),
        Column::new("State", |plan: &pb::Plan| view! { <StateBadge state=plan.state().as_str_name() /> }),
        Column::new("Prices", |plan: &pb::Plan| {
            let prices = plan.prices.iter().map(|one| view! { <span class="block">{price(one)}</span> });
            prices.collect_view()
        }),
        Column::new("What it holds", entitlements_text).quiet(),
        Column::new("Created", |plan: &pb::Plan| view! { <When at=plan.create_time /> })
            .sorted_by("create_time")
            .quiet(),
    ];
    view! {
        <PageHeading title="Plans" count=count>
            <New />
        </PageHeading>
        <ListToolbar
            list=list
            search="Search plans"
            filters=vec![Filter::choice("state", "State", [("ACTIVE", "Active"), ("ARCHIVED", "Archived")])]
        />
        <Table
            list=list
            data=plans
            label="plans"
            columns=columns
            key=|plan: &pb::Plan| plan.id.clone()
            href=|plan: &pb::Plan| format!("/master/plans/{}", plan.id)
            filters=&["state"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Tag
                        title="No plans yet"
                        text="A plan says what a tenant may use and what it costs. You need one before you can onboard the first tenant."
                    >
                        <New />
                    </EmptyState>
                }
            }
        />
    }
}

#[component]
fn New() -> impl IntoView {
    Me::here().may("CreatePlan").then(|| {
        view! {
            <a class="btn btn-primary" href="/master/plans/new">
                <IconView icon=Icon::Plus />
                "New plan"
            </a>
        }
    })
}
