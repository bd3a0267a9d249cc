//! The onboarding form. What follows is an operation, which has its own page.

use leptos::prelude::*;
use portal_app::{Go, Me, failure, load};
use portal_client::pb;
use portal_ui::{
    Bind, Breadcrumb, ColorField, EmptyState, Failure, Form, FormActions, FormSection, FormState, Icon, Load, PageHeading, SelectField,
    TextField, amount_text, bind, cadence_word, own_zone, time_zones,
};

use super::onboard_input::{OnboardInput, suggested_slug};
use crate::names::{plans, resellers};

/// The page.
#[component]
pub fn Onboard() -> impl IntoView {
    let me = Me::here();
    let offers = load(move || async move {
        let plans = plans(me, "state = ACTIVE").await?;
        let resellers = resellers(me, "state = ACTIVE").await?;
        Ok((plans, resellers))
    });
    view! {
        <Breadcrumb links=vec![("Tenants".into(), "/master/tenants".into())] current="Onboard tenant" />
        <PageHeading
            title="Onboard tenant"
            subtitle=Signal::stored(
                Some("Sets up the tenant, its instance, its subscription and its admin. You can watch each step.".to_owned()),
            )
        />
        <Load data=offers what="The plans" let:offers>
            {
                let (plans, resellers) = offers.get_untracked();
                match plans.is_empty() {
                    true => view! { <NoPlan /> }.into_any(),
                    false => view! { <OnboardForm plans=plans resellers=resellers /> }.into_any(),
                }
            }
        </Load>
    }
}

#[component]
fn NoPlan() -> impl IntoView {
    let new = Me::here()
        .may("CreatePlan")
        .then(|| view! { <a class="btn btn-primary" href="/master/plans/new">"New plan"</a> });
    view! {
        <div class="card">
            <EmptyState icon=Icon::Tag title="There is no plan to put a tenant on" text="A tenant needs a plan that is active. Make one first.">
                {new}
            </EmptyState>
        </div>
    }
}

/// The prices of a plan as choices.
fn price_options(plans: &[pb::Plan], plan_id: &str) -> Vec<(String, String)> {
    let prices = plans
        .iter()
        .find(|plan| plan.id == plan_id)
        .map(|plan| plan.prices.as_slice())
        .unwrap_or_default();
    let option = |price: &pb::Price| {
        let currency = price.amount.clone().unwrap_or_default().currency_code;
        let text = format!("{} a {}", amount_text(&price.amount), cadence_word(price.cadence()));
        (
            format!("{currency}/{}", price.cadence().as_str_name()),
            format!("{text} ({currency})"),
        )
    };
    prices.iter().map(option).collect()
}

#[component]
fn OnboardForm(plans: Vec<pb::Plan>, resellers: Vec<pb::Reseller>) -> impl IntoView {
    let (me, go) = (Me::here(), Go::here());
    let form = RwSignal::new(OnboardInput {
        time_zone: own_zone(),
        ..OnboardInput::default()
    });
    let state = FormState::new(move || pb::OnboardTenantRequest::try_from(form.get_untracked()).err().unwrap_or_default());
    let action = move || {
        let request = pb::OnboardTenantRequest::try_from(form.get_untracked());
        let request_id = state.request_id();
        async move {
            let request = request.map_err(|violations| Failure {
                violations,
                ..Failure::default()
            })?;
            let request = pb::OnboardTenantRequest { request_id, ..request };
            let operation = me.client().master().onboard_tenant(request).await.map_err(failure)?;
            state.settle();
            go.to(format!("/master/operations/{}", operation.id));
            Ok(())
        }
    };

    let plan_options = plans
        .iter()
        .map(|plan| (plan.id.clone(), plan.display_name.clone()))
        .collect::<Vec<_>>();
    let reseller_options = resellers
        .into_iter()
        .map(|reseller| (reseller.id, reseller.display_name))
        .collect::<Vec<_>>();
    let plans = StoredValue::new(plans);
    let prices = Memo::new(move |_| form.with(|form| plans.with_value(|plans| price_options(plans, &form.plan_id))));
    let zones = Signal::stored(
        time_zones(&own_zone())
            .into_iter()
            .map(|zone| (zone.clone(), zone))
            .collect::<Vec<_>>(),
    );

    // The slug follows the name until it is typed, and the price is one of the chosen plan.
    let name = Bind::part(
        form,
        |form| form.display_name.clone(),
        |form, name| {
            if !form.own_slug {
                form.slug = suggested_slug(&name);
            }
            form.display_name = name;
        },
    );
    let slug = Bind::part(
        form,
        |form| form.slug.clone(),
        |form, slug| {
            form.own_slug = !slug.is_empty();
            form.slug = slug;
        },
    );
    let plan = Bind::part(
        form,
        |form| form.plan_id.clone(),
        |form, plan_id| {
            form.price = String::new();
            form.plan_id = plan_id;
        },
    );
    Effect::new(move |_| {
        // A plan with one price leaves no choice.
        if let [(only, _)] = prices.get().as_slice() {
            let only = only.clone();
            form.update(|form| form.price = only);
        }
    });
    let contact_hint = move |what: &'static str| format!("Empty means the contact\u{2019}s {what}.");
    view! {
        <div class="page-narrow">
            <Form state=state action=action>
                <FormSection title="Company">
                    <TextField label="Name" path="tenant.display_name" value=name />
                    <TextField
                        label="Slug"
                        path="tenant.slug"
                        value=slug
                        hint="The name in the instance\u{2019}s address: 3 to 30 lowercase letters, digits and hyphens. It never changes."
                    />
                    <SelectField
                        label="Reseller"
                        path="tenant.reseller_id"
                        value=bind!(form.reseller_id)
                        options=Signal::stored(reseller_options)
                        placeholder="None, a direct customer"
                        optional=true
                        hint="Who brought the customer earns a commission. It never changes."
                    />
                </FormSection>
                <FormSection title="Contact" hint="The person you talk to.">
                    <TextField label="Name" path="tenant.contact.name" value=bind!(form.contact_name) />
                    <div class="field-row">
                        <TextField label="Email" path="tenant.contact.email" kind="email" value=bind!(form.contact_email) />
                        <TextField label="Phone" path="tenant.contact.phone" kind="tel" optional=true value=bind!(form.contact_phone) />
                    </div>
                </FormSection>
                <FormSection title="Subscription" hint="Billing starts when the instance is healthy for the first time.">
                    <SelectField
                        label="Plan"
                        path="plan_id"
                        value=plan
                        options=Signal::stored(plan_options)
                        placeholder="Choose a plan"
                    />
                    <SelectField
                        label="Price"
                        path="cadence"
                        value=bind!(form.price)
                        options=prices
                        placeholder="Choose a price"
                        hint="Its currency is the one that the tenant is billed in. It never changes."
                    />
                    <div class="field-row">
                        <SelectField
                            label="Time zone"
                            path="tenant.time_zone"
                            value=bind!(form.time_zone)
                            options=zones
                            hint="For its billing days."
                        />
                        <TextField
                            label="Billing day"
                            path="billing_anchor_day"
                            inputmode="numeric"
                            optional=true
                            hint="Empty means the day it starts."
                            value=bind!(form.anchor_day)
                        />
                    </div>
                </FormSection>
                <FormSection title="Look of the instance" hint="The tenant can change it at any time.">
                    <TextField
                        label="Product name"
                        path="settings.branding.product_name"
                        optional=true
                        hint="Empty means the company\u{2019}s name."
                        value=bind!(form.product_name)
                    />
                    <ColorField
                        label="Main colour"
                        path="settings.branding.primary_color"
                        default="#1d4ed8"
                        value=bind!(form.primary_color)
                    />
                    <TextField
                        label="Support email"
                        path="settings.branding.support_email"
                        kind="email"
                        optional=true
                        value=bind!(form.support_email)
                    />
                </FormSection>
                <FormSection title="First admin" hint="Gets an invitation to the tenant portal. You hand the link on when all is set up.">
                    <div class="field-row">
                        <TextField label="Name" path="admin_name" optional=true hint=contact_hint("name") value=bind!(form.admin_name) />
                        <TextField
                            label="Email"
                            path="admin_email"
                            kind="email"
                            optional=true
                            hint=contact_hint("email")
                            value=bind!(form.admin_email)
                        />
                    </div>
                </FormSection>
                <FormActions submit="Onboard tenant" cancel="/master/tenants" />
            </Form>
        </div>
    }
}
