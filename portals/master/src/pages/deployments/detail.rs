//! One instance, live.

use leptos::prelude::*;
use portal_app::{AuditTable, Filters, InstanceCharts, InstanceLog, LiveBanner, LoadObject, Me, RoleTabs, keep_live, load_object, samples};
use portal_client::pb;
use portal_ui::{
    Breadcrumb, Card, Fact, Facts, ListState, PageHeading, StateBadge, When,
    view::{DeploymentFacts, DeploymentNotice},
};

use super::DeploymentActions;
use crate::names::NameOf;

/// The page.
#[component]
pub fn DeploymentPage(
    /// The instance.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let asked = id.clone();
    let deployment = load_object(move || {
        let deployment_id = asked.clone();
        async move { me.get_deployment(pb::GetDeploymentRequest { deployment_id }).await }
    });
    let live = keep_live(id, deployment);
    let on_change = Callback::new(move |now| deployment.set(now));
    view! {
        <LoadObject data=deployment what="The instance" let:now>
            <Head now=now on_change=on_change />
            <div class="stack">
                <LiveBanner live=live />
                <Notices deployment=now />
                <Body now=now />
            </div>
        </LoadObject>
    }
}

/// What is wrong with an instance, if anything is.
#[component]
pub fn Notices(
    /// The instance.
    deployment: Signal<pb::Deployment>,
) -> impl IntoView {
    view! {
        <DeploymentNotice
            deployment=deployment
            suspended_hint="Its data is kept. Resume it here, or resume the tenant where the whole tenant is suspended."
        />
    }
}

#[component]
fn Head(now: Signal<pb::Deployment>, on_change: Callback<pb::Deployment>) -> impl IntoView {
    let slug = Signal::derive(move || now.with(|it| it.slug.clone()));
    let title = Signal::derive(move || format!("Instance {}", slug.get()));
    let state = Memo::new(move |_| now.with(|it| it.state().as_str_name().to_owned()));
    view! {
        <Breadcrumb links=vec![("Instances".into(), "/master/deployments".into())] current=slug />
        <PageHeading title=title badge=move || view! { <StateBadge state=state /> }>
            <DeploymentActions deployment=now on_change=on_change />
        </PageHeading>
    }
}

#[component]
fn Body(now: Signal<pb::Deployment>) -> impl IntoView {
    let tabs = vec![
        ("overview", "Overview", "GetDeployment"),
        ("log", "Log", "TailDeploymentLogs"),
        ("audit", "Audit", "ListAuditEntries"),
    ];
    let id = now.with_untracked(|it| it.id.clone());
    let panel = move |tab: &'static str| match tab {
        "log" => view! { <InstanceLog deployment_id=id.clone() /> }.into_any(),
        "audit" => {
            let within = Filters::new().is("subject_id", &id);
            view! { <AuditTable list=ListState::local("instance-audit") within=within /> }.into_any()
        }
        _ => view! { <Overview now=now /> }.into_any(),
    };
    view! {
        <RoleTabs label="Instance" tabs=tabs panel=panel />
    }
}

#[component]
fn Overview(now: Signal<pb::Deployment>) -> impl IntoView {
    let samples = samples(now.with_untracked(|it| it.id.clone()));
    let tenant_id = now.with_untracked(|it| it.tenant_id.clone());
    let tenant = format!("/master/tenants/{tenant_id}");
    let more = move || {
        let (it, tenant_id, tenant) = (now.get(), tenant_id.clone(), tenant.clone());
        let desired = it.desired_state().as_str_name();
        view! {
            <Facts>
                <Fact label="Tenant"><a class="link" href=tenant><NameOf id=tenant_id /></a></Fact>
                <Fact label="Shall be"><StateBadge state=desired.trim_start_matches("DESIRED_STATE_") /></Fact>
                <Fact label="Backend">{it.backend}</Fact>
                <Fact label="Created"><When at=it.create_time /></Fact>
                {it.delete_time.map(|at| view! { <Fact label="Deleted"><When at=Some(at) /></Fact> })}
                {it.purge_time.map(|at| view! { <Fact label="Purged"><When at=Some(at) /></Fact> })}
            </Facts>
        }
    };
    view! {
        <div class="stack">
            <Card>
                <div class="stack">
                    <DeploymentFacts deployment=now />
                    {more}
                </div>
            </Card>
            <InstanceCharts samples=samples />
        </div>
    }
}
