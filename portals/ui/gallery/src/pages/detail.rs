//! The detail template: breadcrumb, name with state and actions, key facts, tabs in the address.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use portal_ui::{
    Breadcrumb, Card, CopyId, EmptyState, Fact, Facts, Icon, IconView, LineChart, LogLines, LogView, Meter, MoneyText, PageHeading, Remote,
    StateBadge, Step, StepList, StepState, Tab, Tabs, TimeText, now,
};

use crate::data;

/// The page.
#[component]
pub fn Detail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    move || match data::tenant(&id.get()) {
        Some(tenant) => view! { <Shown tenant=tenant /> }.into_any(),
        None => view! {
            <PageHeading title="Tenant not found" />
            <EmptyState icon=Icon::Building title="There is no such tenant" text="It may have been purged." />
        }
        .into_any(),
    }
}

#[component]
fn Shown(tenant: data::Tenant) -> impl IntoView {
    let query = use_query_map();
    let tab = Signal::derive(move || query.with(|query| query.get("tab").unwrap_or_default()));
    let navigate = use_navigate();
    let select = move |id: &'static str| navigate(&format!("?tab={id}"), Default::default());
    let tabs = vec![
        Tab {
            id: "overview",
            label: "Overview",
        },
        Tab { id: "log", label: "Log" },
        Tab {
            id: "invoices",
            label: "Invoices",
        },
    ];
    let state = tenant.state;
    view! {
        <Breadcrumb links=vec![("Tenants".into(), "/gallery/tenants".into())] current=tenant.name.clone() />
        <PageHeading title=tenant.name.clone() badge=move || view! { <StateBadge state=state /> }>
            <button type="button" class="btn">
                <IconView icon=Icon::Refresh />
                "Restart"
            </button>
            <button type="button" class="btn btn-danger">"Suspend"</button>
            <a class="btn btn-primary" href="/gallery/">
                <IconView icon=Icon::External />
                "Open instance"
            </a>
        </PageHeading>
        <div class="stack">
            <Card>
                <Facts>
                    <Fact label="Plan">{tenant.plan}</Fact>
                    <Fact label="Revenue"><MoneyText minor_units=tenant.revenue currency=tenant.currency />" a month"</Fact>
                    <Fact label="Address"><a class="link" href="/gallery/">{format!("{}.localhost", tenant.slug)}</a></Fact>
                    <Fact label="Created"><TimeText at=tenant.created /></Fact>
                    <Fact label="Reseller">"Northwind Partners"</Fact>
                    <Fact label="Id"><CopyId value=tenant.id.clone() label="tenant id" /></Fact>
                </Facts>
            </Card>
            <div>
                <Tabs label="Tenant" tabs=tabs current=tab on_select=select panel=panel />
            </div>
        </div>
    }
}

fn panel(id: &str) -> AnyView {
    match id {
        "log" => view! { <LogPanel /> }.into_any(),
        "invoices" => view! {
            <Card>
                <EmptyState icon=Icon::Document title="No invoices yet" text="The first invoice is made when the subscription becomes active." />
            </Card>
        }
        .into_any(),
        _ => view! { <Overview /> }.into_any(),
    }
}

#[component]
fn Overview() -> impl IntoView {
    let memory = Remote::empty();
    memory.set(vec![
        data::series("Memory", 60_000, 212.0, 22.0, 0.0),
        data::series("Cache", 60_000, 96.0, 18.0, 2.0),
        data::series("Network buffers", 60_000, 40.0, 9.0, 4.0),
    ]);
    let step = |title: &str, state, message: &str, seconds: i64, lasted: Option<i64>| Step {
        title: title.into(),
        state,
        message: message.into(),
        started: (seconds > 0).then(|| now() - seconds * 1000),
        ended: lasted.map(|lasted| now() - (seconds - lasted) * 1000),
    };
    let steps = vec![
        step("Create the tenant", StepState::Done, "", 95, Some(1)),
        step("Store its settings", StepState::Done, "", 94, Some(1)),
        step("Start the instance", StepState::Done, "", 93, Some(31)),
        step("Wait until it is healthy", StepState::Running, "3 of 5 probes passed", 62, None),
        step("Activate the subscription", StepState::Queued, "", 0, None),
        step("Invite the admin", StepState::Queued, "", 0, None),
    ];
    view! {
        <div class="grid-2">
            <Card title="Onboarding">
                <StepList steps=Signal::stored(steps) />
            </Card>
            <Card title="Resources">
                <div class="stack">
                    <Meter label="Memory" permille=412 text="211 MB of 512 MB" />
                    <Meter label="Storage" permille=861 text="8.6 GB of 10 GB" />
                    <Meter label="Subscribers" permille=985 text="985 of 1,000" />
                </div>
            </Card>
        </div>
        <div class="mt-4">
            <Card title="Memory, last hour">
                <LineChart label="Memory of the last hour" data=memory format=|value: f64| format!("{value:.0} MB") />
            </Card>
        </div>
    }
}

#[component]
fn LogPanel() -> impl IntoView {
    let lines = LogLines::new();
    lines.push(data::log_lines(1, 200));
    let next = StoredValue::new(201u64);
    let more = set_interval_with_handle(
        move || {
            lines.push(data::log_lines(next.get_value(), 1));
            next.update_value(|next| *next += 1);
        },
        std::time::Duration::from_secs(2),
    );
    on_cleanup(move || {
        if let Ok(more) = more {
            more.clear();
        }
    });
    view! {
        <Card title="Instance log" flush=true>
            <LogView lines=lines label="Instance log" />
        </Card>
    }
}
