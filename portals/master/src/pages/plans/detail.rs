//! One plan.

use leptos::prelude::*;
use portal_app::{LoadObject, Me, failure, load_object};
use portal_client::pb;
use portal_ui::{
    Amount, Breadcrumb, Card, ConfirmDialog, CopyId, Fact, Facts, PageHeading, Remote, StateBadge, Toasts, When, bytes_text, cadence_word,
    grouped,
};

use super::most_subscribers;

/// The page.
#[component]
pub fn PlanPage(
    /// The plan.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let plan = load_object(move || {
        let plan_id = id.clone();
        async move { me.client().master().get_plan(pb::GetPlanRequest { plan_id }).await }
    });
    view! {
        <LoadObject data=plan what="The plan" let:shown>
            <Shown data=plan plan=shown />
        </LoadObject>
    }
}

#[component]
fn Shown(data: Remote<pb::Plan>, plan: Signal<pb::Plan>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let archiving = RwSignal::new(false);
    let name = Signal::derive(move || plan.with(|plan| plan.display_name.clone()));
    let is_active = Memo::new(move |_| plan.with(|plan| plan.state() == pb::PlanState::Active));
    let id = plan.with_untracked(|plan| plan.id.clone());
    let edit = format!("/master/plans/{id}/edit");
    let archive = move || {
        let request = pb::ArchivePlanRequest {
            plan_id: id.clone(),
            etag: String::new(),
            ..Default::default()
        };
        async move {
            let archived = me.client().master().archive_plan(request).await.map_err(failure)?;
            toasts.done("Plan archived");
            data.set(archived);
            Ok(())
        }
    };
    view! {
        <Breadcrumb links=vec![("Plans".into(), "/master/plans".into())] current=name />
        <PageHeading title=name badge=move || view! { <StateBadge state=Signal::derive(move || plan.with(|plan| plan.state().as_str_name().to_owned())) /> }>
            <Show when=move || is_active.get() && me.may("ArchivePlan")>
                <button type="button" class="btn btn-plain" on:click=move |_| archiving.set(true)>
                    "Archive"
                </button>
            </Show>
            {me.may("UpdatePlan").then(|| view! { <a class="btn btn-primary" href=edit>"Edit"</a> })}
        </PageHeading>
        <div class="stack">
            <Card>{move || view! { <PlanFacts plan=plan.get() /> }}</Card>
            <Card title="Prices" flush=true>
                {move || prices(&plan.get())}
            </Card>
        </div>
        <ConfirmDialog
            open=archiving
            title=Signal::derive(move || format!("Archive {}?", name.get()))
            confirm="Archive plan"
            action=archive
        >
            <p>"It is not sold any more, and that cannot be taken back. Tenants that have it keep it and are billed as before."</p>
        </ConfirmDialog>
    }
}

#[component]
fn PlanFacts(plan: pb::Plan) -> impl IntoView {
    let it = plan.entitlements.unwrap_or_default();
    view! {
        {(!plan.description.is_empty()).then(|| view! { <p class="mb-4">{plan.description}</p> })}
        <Facts>
            <Fact label="Instances">{it.deployments.to_string()}</Fact>
            <Fact label="Memory of each">{bytes_text(it.memory_bytes)}</Fact>
            <Fact label="Subscribers">{most_subscribers(it.subscribers)}</Fact>
            <Fact label="Users">{grouped(u64::try_from(it.users).unwrap_or(0))}</Fact>
            <Fact label="Code"><code>{plan.code}</code></Fact>
            <Fact label="Created"><When at=plan.create_time /></Fact>
            <Fact label="Changed"><When at=plan.update_time /></Fact>
            <Fact label="Id"><CopyId value=plan.id label="plan id" /></Fact>
        </Facts>
    }
}

fn prices(plan: &pb::Plan) -> impl IntoView + use<> {
    let row = |price: &pb::Price| {
        let cadence = cadence_word(price.cadence());
        let currency = price.amount.as_ref().map(|amount| amount.currency_code.clone());
        view! {
            <tr>
                <th scope="row">"Every " {cadence}</th>
                <td>{currency}</td>
                <td class="num">
                    <Amount money=price.amount.clone() />
                </td>
            </tr>
        }
    };
    view! {
        <div class="document-region" role="region" aria-label="Prices" tabindex="0">
            <table class="document">
                <thead>
                    <tr>
                        <th scope="col">"Charged"</th>
                        <th scope="col">"Currency"</th>
                        <th scope="col" class="num">
                            "Amount"
                        </th>
                    </tr>
                </thead>
                <tbody>{plan.prices.iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
