//! The list template: title with count, primary action, search and chips, table, pages.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use portal_ui::{
    Column, ConfirmDialog, EmptyState, Filter, Icon, IconView, ListState, ListToolbar, MenuItem, MoneyText, PageHeading, Remote,
    StateBadge, Table, TimeText, Toasts, grouped,
};

use crate::data::{self, Tenant};

/// The page.
#[component]
pub fn List() -> impl IntoView {
    let navigate = use_navigate();
    let go = move |query: String| {
        // The address is complete already, and the page stays where it is.
        let options = NavigateOptions {
            resolve: false,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&format!("/gallery/tenants{query}"), options);
    };
    let list = ListState::new("gallery-tenants", use_location().search, go);
    let tenants = Remote::load(move || {
        let rows = data::page(list);
        async move { Ok(rows) }
    });
    let count = Signal::derive(move || tenants.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    let columns = vec![
        Column::new("Name", |tenant: &Tenant| tenant.name.clone()).sorted_by("name"),
        Column::new("State", |tenant: &Tenant| view! { <StateBadge state=tenant.state /> }),
        Column::new("Plan", |tenant: &Tenant| tenant.plan),
        Column::new("Revenue", |tenant: &Tenant| {
            view! { <MoneyText minor_units=tenant.revenue currency=tenant.currency /> }
        })
        .sorted_by("revenue")
        .numeric(),
        Column::new("Created", |tenant: &Tenant| view! { <TimeText at=tenant.created /> })
            .sorted_by("created")
            .quiet(),
    ];
    let deleting = RwSignal::new(false);
    let chosen = RwSignal::new(String::new());
    let toasts = Toasts::here();
    let menu = Callback::new(move |tenant: Tenant| {
        let name = tenant.name.clone();
        let delete = move || {
            chosen.set(name.clone());
            deleting.set(true);
        };
        vec![
            MenuItem::new("Suspend", Icon::Pause, move || toasts.done("Tenant suspended")),
            MenuItem::new("Delete", Icon::Trash, delete).danger(),
        ]
    });
    let states = [
        ("ACTIVE", "Active"),
        ("ONBOARDING", "Onboarding"),
        ("SUSPENDED", "Suspended"),
        ("FAILED", "Failed"),
        ("DELETED", "Deleted"),
    ];
    let delete = move || async move {
        let name = chosen.get_untracked();
        toasts.undoable(format!("{name} deleted"), move || toasts.done(format!("{name} is back")));
        Ok(())
    };
    view! {
        <PageHeading title="Tenants" count=count>
            <a class="btn btn-primary" href="/gallery/form">
                <IconView icon=Icon::Plus />
                "New tenant"
            </a>
        </PageHeading>
        <ListToolbar
            list=list
            search="Search tenants"
            filters=vec![Filter::choice("state", "State", states), Filter::days("created", "Created")]
        />
        <Table
            list=list
            data=tenants
            label="tenants"
            filters=&["state", "created"]
            columns=columns
            key=|tenant: &Tenant| tenant.id.clone()
            href=|tenant: &Tenant| format!("/gallery/tenants/{}", tenant.id)
            menu=Some(menu)
            empty=|| {
                view! {
                    <EmptyState icon=Icon::Building title="No tenants yet" text="A tenant is an ISP with its own instance and invoices. Onboard the first one to see it here.">
                        <a class="btn btn-primary" href="/gallery/form">"New tenant"</a>
                    </EmptyState>
                }
            }
        />
        <ConfirmDialog
            open=deleting
            title=Signal::derive(move || format!("Delete {}?", chosen.get()))
            confirm="Delete tenant"
            name=Signal::derive(move || Some(chosen.get()))
            action=delete
        >
            <p>"The instance stops and its address is free no longer. For 30 days this can be taken back; then these are gone for ever:"</p>
            <ul>
                <li>"the subscribers and all other data of the instance"</li>
                <li>"the settings and the users of the tenant"</li>
            </ul>
        </ConfirmDialog>
    }
}
