//! All resellers.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load, rows};
use portal_client::pb;
use portal_ui::{Column, EmptyState, Filter, Icon, IconView, ListToolbar, PageHeading, StateBadge, Table, When, grouped};

use super::terms_text;

/// The page.
#[component]
pub fn Resellers() -> impl IntoView {
    let me = Me::here();
    let list = list_state("resellers");
    let resellers = load(move || {
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .contains(&["display_name", "code", "contact_email"], &list.search());
        let request = pb::ListResellersRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.client().master().list_resellers(request).await?;
            Ok(rows(page.resellers, page.total_size, page.next_page_token))
        }
    });
    let count = Signal::derive(move || resellers.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let columns = vec![
        Column::new("Name", |reseller: &pb::Reseller| reseller.display_name.clone()).sorted_by("display_name"),
        Column::new("Code", |reseller: &pb::Reseller| view! { <code>{reseller.code.clone()}</code> })
            .sorted_by("code")
            .quiet(),
        Column::new(
            "State",
            |reseller: &pb::Reseller| view! { <StateBadge state=reseller.state().as_str_name() /> },
        ),
        Column::new("Commission", |reseller: &pb::Reseller| {
            terms_text(&reseller.agreement.unwrap_or_default())
        }),
        Column::new("Contact", |reseller: &pb::Reseller| reseller.contact_email.clone()).quiet(),
        Column::new("Created", |reseller: &pb::Reseller| view! { <When at=reseller.create_time /> })
            .sorted_by("create_time")
            .quiet(),
    ];
    view! {
        <PageHeading title="Resellers" count=count>
            <New />
        </PageHeading>
        <ListToolbar
            list=list
            search="Search resellers"
            filters=vec![Filter::choice("state", "State", [("ACTIVE", "Active"), ("INACTIVE", "Inactive")])]
        />
        <Table
            list=list
            data=resellers
            label="resellers"
            columns=columns
            key=|reseller: &pb::Reseller| reseller.id.clone()
            href=|reseller: &pb::Reseller| format!("/master/resellers/{}", reseller.id)
            filters=&["state"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Partner
                        title="No resellers yet"
                        text="A reseller brings you tenants and earns a commission on what they pay. Tenants without one are your direct customers."
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
    Me::here().may("CreateReseller").then(|| {
        view! {
            <a class="btn btn-primary" href="/master/resellers/new">
                <IconView icon=Icon::Plus />
                "New reseller"
            </a>
        }
    })
}
