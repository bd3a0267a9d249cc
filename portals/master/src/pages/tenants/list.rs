//! All tenants, or those of a reseller.

use leptos::prelude::*;
use portal_app::{Filters, Me, list_state, load, rows};
use portal_client::pb;
use portal_ui::{
    Column, EmptyState, Filter, Icon, IconView, ListState, ListToolbar, PageHeading, Remote, Rows, StateBadge, Table, When, dash, grouped,
};

use crate::names::NameOf;

/// The page.
#[component]
pub fn Tenants() -> impl IntoView {
    let list = list_state("tenants");
    let tenants = tenants(list, Filters::new());
    let count = Signal::derive(move || tenants.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    view! {
        <PageHeading title="Tenants" count=count>
            <OnboardButton />
        </PageHeading>
        <TenantList list=list tenants=tenants of_reseller=false />
    }
}

/// The tenants of a reseller, inside of a page.
#[component]
pub fn TenantTable(
    /// The reseller.
    reseller_id: String,
) -> impl IntoView {
    let list = ListState::local("reseller-tenants");
    let tenants = tenants(list, Filters::new().is("reseller_id", &reseller_id));
    view! { <TenantList list=list tenants=tenants of_reseller=true /> }
}

fn tenants(list: ListState, within: Filters) -> Remote<Rows<pb::Tenant>> {
    let me = Me::here();
    load(move || {
        let filter = within
            .clone()
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
            let page = me.list_tenants(request).await?;
            Ok(rows(page.tenants, page.total_size, page.next_page_token))
        }
    })
}

#[component]
fn TenantList(list: ListState, tenants: Remote<Rows<pb::Tenant>>, of_reseller: bool) -> impl IntoView {
    let mut columns = vec![
        Column::new("Name", |tenant: &pb::Tenant| tenant.display_name.clone()).sorted_by("display_name"),
        Column::new(
            "State",
            |tenant: &pb::Tenant| view! { <StateBadge state=tenant.state().as_str_name() /> },
        )
        .sorted_by("state"),
        Column::new("Slug", |tenant: &pb::Tenant| view! { <code>{tenant.slug.clone()}</code> }).sorted_by("slug"),
        Column::new("Currency", |tenant: &pb::Tenant| tenant.billing_currency.clone()).quiet(),
    ];
    if !of_reseller {
        columns.push(Column::new("Reseller", |tenant: &pb::Tenant| match tenant.reseller_id.is_empty() {
            true => dash().into_any(),
            false => view! { <NameOf id=tenant.reseller_id.clone() /> }.into_any(),
        }));
    }
    columns.push(Column::new("Contact", |tenant: &pb::Tenant| tenant.contact.clone().unwrap_or_default().email).quiet());
    columns.push(
        Column::new("Created", |tenant: &pb::Tenant| view! { <When at=tenant.create_time /> })
            .sorted_by("create_time")
            .quiet(),
    );
    let states = [
        ("ONBOARDING", "Onboarding"),
        ("ACTIVE", "Active"),
        ("SUSPENDED", "Suspended"),
        ("FAILED", "Failed"),
        ("DELETED", "Deleted"),
        ("PURGED", "Purged"),
    ];
    let filters = vec![Filter::choice("state", "State", states), Filter::days("created", "Created")];
    let empty = move || match of_reseller {
        true => view! {
            <EmptyState
                icon=Icon::Building
                title="No tenants yet"
                text="A tenant belongs to a reseller when it is onboarded with it. That never changes afterwards."
            />
        }
        .into_any(),
        false => view! {
            <EmptyState
                icon=Icon::Building
                title="No tenants yet"
                text="A tenant is a customer of yours: an internet service provider with its own instance, subscription and users."
            >
                <OnboardButton />
            </EmptyState>
        }
        .into_any(),
    };
    view! {
        <ListToolbar list=list search="Search tenants" filters=filters />
        <Table
            list=list
            data=tenants
            label="tenants"
            columns=columns
            key=|tenant: &pb::Tenant| tenant.id.clone()
            href=|tenant: &pb::Tenant| format!("/master/tenants/{}", tenant.id)
            filters=&["state", "created"]
            empty=empty
        />
    }
}

#[component]
fn OnboardButton() -> impl IntoView {
    Me::here().may("OnboardTenant").then(|| {
        view! {
            <a class="btn btn-primary" href="/master/tenants/new">
                <IconView icon=Icon::Plus />
                "Onboard tenant"
            </a>
        }
    })
}
