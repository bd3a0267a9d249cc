//! One instance, live.

use leptos::prelude::*;
use portal_app::{
    InstanceActions, InstanceCharts, InstanceLog, Live, LiveBanner, LoadObject, Me, OpenInstance, RoleTabs, keep_live, load_object, samples,
};
use portal_client::pb;
use portal_ui::{
    Breadcrumb, Card, PageHeading, StateBadge,
    view::{DeploymentFacts, DeploymentNotice},
};

use super::credentials::Credentials;

/// What a suspended tenant can do.
const SUSPENDED: &str = "Your data is kept. Pay what is open, or write to your provider, to have the instance back.";

/// The page of one of several instances.
#[component]
pub fn InstancePage(
    /// The instance.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let asked = id.clone();
    let deployment = load_object(move || {
        let deployment_id = asked.clone();
        async move { me.get_deployment(pb::GetDeploymentRequest { deployment_id }).await }
    });
    let live = keep_live(id.clone(), deployment);
    let on_change = Callback::new(move |now| deployment.set(now));
    view! {
        <LoadObject data=deployment what="The instance" let:now>
            <Breadcrumb links=vec![("Instances".into(), "/tenant/instance".into())] current=Signal::derive(move || now.with(|it| it.slug.clone())) />
            <Instance id=id.clone() deployment=now on_change=on_change live=live />
        </LoadObject>
    }
}

/// An instance with everything that belongs to it.
#[component]
pub fn Instance(
    /// The instance's id.
    id: String,
    /// The instance as it is now.
    deployment: Signal<pb::Deployment>,
    /// Gets it after an action.
    on_change: Callback<pb::Deployment>,
    /// The stream that keeps it live.
    live: Live,
) -> impl IntoView {
    let state = Memo::new(move |_| deployment.with(|it| it.state().as_str_name().to_owned()));
    let title = Signal::derive(move || format!("Instance {}", deployment.with(|it| it.slug.clone())));
    let tabs = vec![("overview", "Overview", "GetDeployment"), ("log", "Log", "TailDeploymentLogs")];
    let panel = move |tab: &'static str| panel(tab, id.clone(), deployment);
    view! {
        <PageHeading title=title badge=move || view! { <StateBadge state=state /> }>
            <InstanceActions deployment=deployment on_change=on_change />
            <OpenInstance deployment=deployment primary=true />
        </PageHeading>
        <div class="stack">
            <LiveBanner live=live />
            <DeploymentNotice deployment=deployment suspended_hint=SUSPENDED />
            <Credentials deployment=deployment />
            <RoleTabs label="Instance" tabs=tabs panel=panel />
        </div>
    }
}

/// What a tab shows.
fn panel(tab: &str, id: String, deployment: Signal<pb::Deployment>) -> AnyView {
    match tab {
        "log" => view! { <InstanceLog deployment_id=id /> }.into_any(),
        _ => {
            let samples = samples(id);
            view! {
                <div class="stack">
                    <Card>
                        <DeploymentFacts deployment=deployment />
                    </Card>
                    <InstanceCharts samples=samples />
                </div>
            }
            .into_any()
        }
    }
}
