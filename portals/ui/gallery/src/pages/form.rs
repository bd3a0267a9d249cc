//! The form template: one column, groups, hints, errors, a sticky footer.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use portal_ui::{
    CheckField, Failure, Form, FormActions, FormSection, FormState, MoneyField, PageHeading, PasswordField, SelectField, TextArea,
    TextField, Toasts, Violations, bind, parse_money,
};

/// What is typed.
#[derive(Clone, Default)]
struct NewTenant {
    name: String,
    slug: String,
    email: String,
    password: String,
    plan: String,
    price: String,
    notes: String,
    invite: bool,
}

/// Everything that is wrong with it.
fn check(form: &NewTenant) -> Violations {
    let mut found = Violations::new();
    let mut wrong = |path: &str, message: &str| found.push((path.to_owned(), message.to_owned()));
    if form.name.trim().is_empty() {
        wrong("tenant.display_name", "Enter the company's name.");
    }
    if form.slug.len() < 3 {
        wrong("tenant.slug", "Use 3 to 30 lowercase letters, digits and hyphens.");
    }
    if !form.email.contains('@') {
        wrong("contact.email", "Enter an email address, such as ops@example.net.");
    }
    if form.plan.is_empty() {
        wrong("plan", "Choose a plan.");
    }
    if let Err(message) = parse_money(&form.price, "EUR") {
        wrong("price.minor_units", &message);
    }
    found
}

/// The page. The slug `taken` is refused as a server would; `away` fails without an answer.
#[component]
pub fn FormPage() -> impl IntoView {
    let form = RwSignal::new(NewTenant {
        invite: true,
        ..NewTenant::default()
    });
    let state = FormState::new(move || form.with_untracked(check));
    let toasts = Toasts::here();
    let navigate = use_navigate();
    let action = move || {
        let (slug, navigate) = (form.with_untracked(|form| form.slug.clone()), navigate.clone());
        async move {
            match slug.as_str() {
                "taken" => Err(Failure {
                    violations: vec![("tenant.slug".into(), "Another tenant has this slug.".into())],
                    ..Failure::default()
                }),
                "away" => Err(Failure {
                    message: "The server did not answer in time. Sending again is safe: it is done once.".into(),
                    request_id: Some("req_5f1c20aa".into()),
                    uncertain: true,
                    ..Failure::default()
                }),
                _ => {
                    state.settle();
                    toasts.done("Tenant created");
                    navigate("/tenants", Default::default());
                    Ok(())
                }
            }
        }
    };
    let plans = ["Starter", "Growth", "Carrier"].map(|plan| (plan.to_lowercase(), plan.to_owned()));
    view! {
        <div class="page-narrow">
            <PageHeading title="New tenant" subtitle=Signal::stored(Some("The instance starts as soon as you create it.".to_owned())) />
            <Form state=state action=action>
                <FormSection title="Company" hint="Who the ISP is and how its instance is reached.">
                    <TextField label="Company name" path="tenant.display_name" value=bind!(form.name) />
                    <TextField label="Slug" path="tenant.slug" value=bind!(form.slug) suffix=".localhost" hint="Part of the address. It cannot be changed later." />
                    <TextField label="Contact email" path="contact.email" value=bind!(form.email) kind="email" autocomplete="email" />
                    <PasswordField label="First password" value=bind!(form.password) autocomplete="new-password" hint="At least 12 characters." />
                </FormSection>
                <FormSection title="Billing">
                    <div class="field-row">
                        <SelectField label="Plan" path="plan" value=bind!(form.plan) options=Signal::stored(plans.to_vec()) placeholder="Choose a plan" />
                        <MoneyField label="Price a month" path="price" value=bind!(form.price) currency="EUR" />
                    </div>
                    <TextArea label="Notes" value=bind!(form.notes) optional=true />
                    <CheckField label="Invite the admin now" value=bind!(form.invite) hint="The link is shown to you once when the tenant is ready." />
                </FormSection>
                <FormActions submit="Create tenant" cancel="/gallery/tenants" />
            </Form>
        </div>
    }
}
