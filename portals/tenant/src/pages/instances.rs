//! The instances: mostly there is one, and this is its page.

use leptos::prelude::*;
use portal_app::{Live, LiveBanner, LoadObject, Me, keep_list_live, load};
use portal_client::pb;
use portal_ui::{Column, EmptyState, Icon, ListState, PageHeading, Remote, Rows, StateBadge, Table, When};

use super::instance::Instance;

/// The page: the instance, or a list where there are several.
#[component]
pub fn Instances() -> impl IntoView {
    let me = Me::here();
    let all = load(move || async move {
        let request = pb::ListDeploymentsRequest {
            page_size: 200,
            ..Default::default()
        };
        Ok(me.list_deployments(request).await?.deployments)
    });
    let live = keep_list_live(all);
    view! {
        <LoadObject data=all what="The instance" let:list>
            {
                let count = Memo::new(move |_| list.with(Vec::len));
                move || match count.get() {
                    0 => none().into_any(),
                    1 => view! { <Only list=list all=all live=live /> }.into_any(),
                    _ => view! { <Several all=all live=live /> }.into_any(),
                }
            }
        </LoadObject>
    }
}

fn none() -> impl IntoView {
    view! {
        <PageHeading title="Instance" />
        <div class="card">
            <EmptyState
                icon=Icon::Server
                title="No instance yet"
                text="Your instance is the software that your people and your customers work with. It appears here as soon as your provider has set it up."
            />
        </div>
    }
}

/// The only one.
#[component]
fn Only(list: Signal<Vec<pb::Deployment>>, all: Remote<Vec<pb::Deployment>>, live: Live) -> impl IntoView {
    let deployment = Signal::derive(move || list.with(|list| list.first().cloned().unwrap_or_default()));
    let on_change = Callback::new(move |now: pb::Deployment| all.set(vec![now]));
    let id = deployment.with_untracked(|it| it.id.clone());
    view! { <Instance id=id deployment=deployment on_change=on_change live=live /> }
}

/// All of them, as rows that change by themselves.
#[component]
fn Several(all: Remote<Vec<pb::Deployment>>, live: Live) -> impl IntoView {
    let rows = all.map(|list| Rows {
        items: list.to_vec(),
        total: list.len() as u64,
        next: String::new(),
    });
    let columns = vec![
        Column::new("Name", |it: &pb::Deployment| it.slug.clone()),
        Column::new(
            "State",
            |it: &pb::Deployment| view! { <StateBadge state=it.state().as_str_name() /> },
        ),
        Column::new("Address", |it: &pb::Deployment| it.url.clone()).quiet(),
        Column::new("Running since", |it: &pb::Deployment| view! { <When at=it.start_time /> }).quiet(),
    ];
    view! {
        <PageHeading title="Instances" count=Signal::derive(move || rows.value().with(|rows| rows.as_ref().map(|rows| rows.total.to_string()))) />
        <div class="stack">
            <LiveBanner live=live />
            <Table
                list=ListState::local("instances")
                data=rows
                label="instances"
                columns=columns
                key=|it: &pb::Deployment| it.id.clone()
                href=|it: &pb::Deployment| format!("/tenant/instance/{}", it.id)
                empty=|| ()
            />
        </div>
    }
}
