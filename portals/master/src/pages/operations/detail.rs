//! One operation, live.

use leptos::prelude::*;
use portal_app::{Live, LiveBanner, LoadObject, Me, load_object, watch};
use portal_client::pb;
use portal_ui::{
    Breadcrumb, Card, CopyId, Fact, Facts, Notice, PageHeading, Remote, StateBadge, StepList, Tone, When, has_ended, operation_steps,
};

use super::{hand_over::HandOver, title};

/// The page.
#[component]
pub fn OperationPage(
    /// The operation.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let asked = id.clone();
    let operation = load_object(move || {
        let operation_id = asked.clone();
        async move { me.get_operation(pb::GetOperationRequest { operation_id }).await }
    });
    view! {
        <LoadObject data=operation what="The operation" let:shown>
            <Shown id=id.clone() data=operation operation=shown />
        </LoadObject>
    }
}

/// Follows an operation until it has ended.
pub fn follow(id: String, operation: Remote<pb::Operation>) -> Live {
    let me = Me::here();
    let open = move |_| {
        let operation_id = id.clone();
        async move {
            me.client()
                .master()
                .watch_operation(pb::WatchOperationRequest { operation_id })
                .await
        }
    };
    let each = move |message: pb::WatchOperationResponse| {
        if let Some(now) = message.operation {
            operation.set(now);
        }
    };
    let is_over = move || {
        let state = operation.value().with_untracked(|it| it.as_ref().map(pb::Operation::state));
        state.is_none_or(has_ended)
    };
    watch(open, each, is_over)
}

#[component]
fn Shown(id: String, data: Remote<pb::Operation>, operation: Signal<pb::Operation>) -> impl IntoView {
    let begun = operation.with_untracked(|it| it.state());
    let live = (!has_ended(begun)).then(|| follow(id, data));
    let name = Signal::derive(move || operation.with(title));
    let state = Memo::new(move |_| operation.with(|it| it.state()));
    let badge = Signal::derive(move || state.get().as_str_name().to_owned());
    let steps = Signal::derive(move || operation.with(operation_steps));
    let hand_over = move || {
        let done = state.get() == pb::OperationState::Succeeded;
        let (kind, tenant_id) = operation.with_untracked(|it| (it.kind(), it.tenant_id.clone()));
        (done && kind == pb::OperationKind::Onboard).then(|| view! { <HandOver tenant_id=tenant_id /> })
    };
    view! {
        <Breadcrumb links=vec![("Operations".into(), "/master/operations".into())] current=name />
        <PageHeading title=name badge=move || view! { <StateBadge state=badge /> } />
        <div class="stack">
            {live.map(|live| view! { <LiveBanner live=live /> })}
            {move || operation.with(problem)}
            {hand_over}
            <Card title="Steps">
                <StepList steps=steps />
            </Card>
            <Card>{move || view! { <OperationFacts operation=operation.get() /> }}</Card>
        </div>
    }
}

/// What went wrong, what was done about it and what is left to do.
fn problem(operation: &pb::Operation) -> Option<AnyView> {
    let error = operation.error.clone()?;
    let (title, undone) = match operation.state() {
        pb::OperationState::Failed => ("This failed, and what had been done is taken back", true),
        pb::OperationState::Compensating => ("This failed; what had been done is being taken back", false),
        pb::OperationState::NeedsOperator => ("This failed and could not be taken back by itself: please look into it", false),
        _ => ("This did not go as it should", false),
    };
    let again = (undone && operation.kind() == pb::OperationKind::Onboard).then(|| {
        view! {
            <p>
                <a class="link" href="/master/tenants/new">
                    "Onboard again"
                </a>
            </p>
        }
    });
    Some(
        view! {
            <Notice tone=Tone::Error title=title>
                <p>{error.message}</p>
                {(!error.hint.is_empty()).then(|| view! { <p>{error.hint}</p> })}
                {again}
                <p class="text-xs">"Step " <code>{error.step}</code> ", reason " <code>{error.reason}</code></p>
            </Notice>
        }
        .into_any(),
    )
}

#[component]
fn OperationFacts(operation: pb::Operation) -> impl IntoView {
    let ended = has_ended(operation.state());
    let tenant = format!("/master/tenants/{}", operation.tenant_id);
    let deployment = (!operation.deployment_id.is_empty()).then(|| {
        let href = format!("/master/deployments/{}", operation.deployment_id);
        view! { <Fact label="Instance"><a class="link" href=href>"Show the instance"</a></Fact> }
    });
    let deadline = (!ended).then(|| view! { <Fact label="Given up"><When at=operation.deadline_time /></Fact> });
    view! {
        <Facts>
            <Fact label="Tenant"><a class="link" href=tenant>{operation.tenant_name}</a></Fact>
            {deployment}
            <Fact label="Begun"><When at=operation.create_time /></Fact>
            <Fact label="Ended"><When at=operation.end_time /></Fact>
            {deadline}
            <Fact label="Id"><CopyId value=operation.id label="operation id" /></Fact>
        </Facts>
    }
}
