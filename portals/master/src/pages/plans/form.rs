//! Making and changing a plan.

use leptos::prelude::*;
use portal_app::{Go, LoadObject, Me, failure, load_object};
use portal_client::pb;
use portal_ui::{Breadcrumb, Form, FormActions, FormSection, FormState, Notice, PageHeading, TextArea, TextField, Toasts, Tone, bind};
use prost_types::FieldMask;

use super::{
    input::PlanInput,
    prices::{PriceEditor, PriceRows},
};

/// The page for a new one.
#[component]
pub fn NewPlan() -> impl IntoView {
    view! {
        <Breadcrumb links=vec![("Plans".into(), "/master/plans".into())] current="New plan" />
        <PageHeading title="New plan" />
        <PlanForm plan=None />
    }
}

/// The page for one that is there.
#[component]
pub fn EditPlan(
    /// The plan.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let plan = load_object(move || {
        let plan_id = id.clone();
        async move { me.client().master().get_plan(pb::GetPlanRequest { plan_id }).await }
    });
    view! {
        <LoadObject data=plan what="The plan" let:plan>
            {
                // The form keeps what it began with: what is typed is not thrown away.
                let plan = plan.get_untracked();
                let name = plan.display_name.clone();
                let links = vec![("Plans".into(), "/master/plans".into()), (name.clone(), format!("/master/plans/{}", plan.id))];
                view! {
                    <Breadcrumb links=links current="Edit" />
                    <PageHeading title=format!("Edit {name}") />
                    <PlanForm plan=Some(plan) />
                }
            }
        </LoadObject>
    }
}

#[component]
fn PlanForm(plan: Option<pb::Plan>) -> impl IntoView {
    let (me, go, toasts) = (Me::here(), Go::here(), Toasts::here());
    let is_new = plan.is_none();
    let begun = plan.as_ref().map(PlanInput::from).unwrap_or_default();
    let prices = PriceRows::new(begun.prices.clone());
    let form = RwSignal::new(begun);
    let input = move || PlanInput {
        prices: prices.input(),
        ..form.get_untracked()
    };
    let state = FormState::new(move || pb::Plan::try_from(input()).err().unwrap_or_default());
    let before = StoredValue::new(plan.clone());
    let action = move || {
        let (request_id, before) = (state.request_id(), before.get_value());
        async move {
            let mut plan = pb::Plan::try_from(input()).map_err(|violations| portal_ui::Failure {
                violations,
                ..Default::default()
            })?;
            let calls = me.client();
            let (saved, done) = match before {
                None => {
                    let request = pb::CreatePlanRequest {
                        request_id,
                        plan: Some(plan),
                        validate_only: false,
                    };
                    (calls.master().create_plan(request).await, "Plan created")
                }
                Some(before) => {
                    (plan.id, plan.etag) = (before.id, before.etag);
                    let paths = ["display_name", "description", "entitlements", "prices"]
                        .map(str::to_owned)
                        .to_vec();
                    let request = pb::UpdatePlanRequest {
                        plan: Some(plan),
                        update_mask: Some(FieldMask { paths }),
                        request_id,
                    };
                    (calls.master().update_plan(request).await, "Plan saved")
                }
            };
            let saved = saved.map_err(failure)?;
            state.settle();
            toasts.done(done);
            go.to(format!("/master/plans/{}", saved.id));
            Ok(())
        }
    };
    let cancel = plan.map_or_else(|| "/master/plans".to_owned(), |plan| format!("/master/plans/{}", plan.id));
    view! {
        <div class="page-narrow">
            <Form state=state action=action>
                <FormSection title="Plan">
                    <TextField label="Name" path="plan.display_name" value=bind!(form.display_name) hint="What customers read on their invoices." />
                    {is_new
                        .then(|| {
                            view! {
                                <TextField
                                    label="Code"
                                    path="plan.code"
                                    value=bind!(form.code)
                                    hint="Short name for programs, such as fibre-pro. It never changes."
                                />
                            }
                        })}
                    <TextArea label="Description" path="plan.description" value=bind!(form.description) optional=true />
                </FormSection>
                <FormSection title="What it holds" hint="For all instances of a tenant together.">
                    <div class="field-row">
                        <TextField
                            label="Instances"
                            path="plan.entitlements.deployments"
                            inputmode="numeric"
                            value=bind!(form.deployments)
                        />
                        <TextField
                            label="Memory of each"
                            path="plan.entitlements.memory_bytes"
                            inputmode="numeric"
                            suffix="MB"
                            value=bind!(form.memory)
                        />
                    </div>
                    <div class="field-row">
                        <TextField
                            label="Subscribers"
                            path="plan.entitlements.subscribers"
                            inputmode="numeric"
                            optional=true
                            hint="Empty means without limit."
                            value=bind!(form.subscribers)
                        />
                        <TextField label="Users" path="plan.entitlements.users" inputmode="numeric" hint="People who sign in." value=bind!(form.users) />
                    </div>
                </FormSection>
                <FormSection title="Prices" hint="One for each period and currency.">
                    {(!is_new)
                        .then(|| {
                            view! {
                                <Notice tone=Tone::Info title="Subscriptions keep the price they began with">
                                    <p>"New prices hold for new subscriptions."</p>
                                </Notice>
                            }
                        })}
                    <PriceEditor rows=prices />
                </FormSection>
                <FormActions submit=if is_new { "Create plan" } else { "Save plan" } cancel=cancel />
            </Form>
        </div>
    }
}
