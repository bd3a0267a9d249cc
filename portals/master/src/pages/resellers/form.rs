//! Making and changing a reseller.

use leptos::prelude::*;
use portal_app::{Go, LoadObject, Me, failure, load_object};
use portal_client::pb;
use portal_ui::{Breadcrumb, CheckField, Failure, Form, FormActions, FormSection, FormState, PageHeading, TextField, Toasts, bind};
use prost_types::FieldMask;

use super::input::ResellerInput;

/// The page for a new one.
#[component]
pub fn NewReseller() -> impl IntoView {
    view! {
        <Breadcrumb links=vec![("Resellers".into(), "/master/resellers".into())] current="New reseller" />
        <PageHeading title="New reseller" />
        <ResellerForm reseller=None />
    }
}

/// The page for one that is there.
#[component]
pub fn EditReseller(
    /// The reseller.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let reseller = load_object(move || {
        let reseller_id = id.clone();
        async move { me.client().master().get_reseller(pb::GetResellerRequest { reseller_id }).await }
    });
    view! {
        <LoadObject data=reseller what="The reseller" let:reseller>
            {
                let reseller = reseller.get_untracked();
                let name = reseller.display_name.clone();
                let here = format!("/master/resellers/{}", reseller.id);
                view! {
                    <Breadcrumb links=vec![("Resellers".into(), "/master/resellers".into()), (name.clone(), here)] current="Edit" />
                    <PageHeading title=format!("Edit {name}") />
                    <ResellerForm reseller=Some(reseller) />
                }
            }
        </LoadObject>
    }
}

/// What differs between two, as an update names it.
fn changed(before: &pb::Reseller, now: &pb::Reseller) -> Vec<String> {
    let terms = |reseller: &pb::Reseller| {
        let terms = reseller.agreement.unwrap_or_default();
        pb::CommissionAgreement { version: 0, ..terms }
    };
    let all = [
        ("display_name", before.display_name != now.display_name),
        ("contact_email", before.contact_email != now.contact_email),
        ("agreement", terms(before) != terms(now)),
        ("state", before.state != now.state),
    ];
    all.into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(path, _)| path.to_owned())
        .collect()
}

#[component]
fn ResellerForm(reseller: Option<pb::Reseller>) -> impl IntoView {
    let (me, go, toasts) = (Me::here(), Go::here(), Toasts::here());
    let is_new = reseller.is_none();
    let form = RwSignal::new(reseller.as_ref().map(ResellerInput::from).unwrap_or_default());
    let state = FormState::new(move || pb::Reseller::try_from(form.get_untracked()).err().unwrap_or_default());
    let before = StoredValue::new(reseller.clone());
    let action = move || {
        let (request_id, before) = (state.request_id(), before.get_value());
        let input = pb::Reseller::try_from(form.get_untracked());
        async move {
            let mut now = input.map_err(|violations| Failure {
                violations,
                ..Failure::default()
            })?;
            let client = me.client();
            let (saved, done) = match before {
                None => {
                    let request = pb::CreateResellerRequest {
                        request_id,
                        reseller: Some(now),
                        validate_only: false,
                    };
                    (client.master().create_reseller(request).await, "Reseller created")
                }
                Some(before) => {
                    let paths = changed(&before, &now);
                    if paths.is_empty() {
                        go.to(format!("/master/resellers/{}", before.id));
                        return Ok(());
                    }
                    (now.id, now.etag) = (before.id, before.etag);
                    let request = pb::UpdateResellerRequest {
                        reseller: Some(now),
                        update_mask: Some(FieldMask { paths }),
                        request_id,
                    };
                    (client.master().update_reseller(request).await, "Reseller saved")
                }
            };
            let saved = saved.map_err(failure)?;
            state.settle();
            toasts.done(done);
            go.to(format!("/master/resellers/{}", saved.id));
            Ok(())
        }
    };
    let cancel = reseller.map_or_else(
        || "/master/resellers".to_owned(),
        |reseller| format!("/master/resellers/{}", reseller.id),
    );
    view! {
        <div class="page-narrow">
            <Form state=state action=action>
                <FormSection title="Company">
                    <TextField label="Name" path="reseller.display_name" value=bind!(form.display_name) />
                    {is_new
                        .then(|| {
                            view! {
                                <TextField
                                    label="Code"
                                    path="reseller.code"
                                    value=bind!(form.code)
                                    hint="Short name for programs, such as northwind. It never changes."
                                />
                            }
                        })}
                    <TextField label="Email" path="reseller.contact_email" kind="email" value=bind!(form.contact_email) />
                    {(!is_new)
                        .then(|| {
                            view! {
                                <CheckField
                                    label="May bring new tenants"
                                    path="reseller.state"
                                    value=bind!(form.active)
                                    hint="Without this it still earns on the customers that it has."
                                />
                            }
                        })}
                </FormSection>
                <FormSection title="Commission" hint="Earned on what its customers really pay. New terms hold for payments from then on.">
                    <div class="field-row">
                        <TextField
                            label="First invoice"
                            path="reseller.agreement.initial_rate_ppm"
                            inputmode="decimal"
                            suffix="%"
                            value=bind!(form.initial_rate)
                        />
                        <TextField
                            label="Later invoices"
                            path="reseller.agreement.recurring_rate_ppm"
                            inputmode="decimal"
                            suffix="%"
                            value=bind!(form.recurring_rate)
                        />
                    </div>
                    <div class="field-row">
                        <TextField
                            label="Number of later invoices"
                            path="reseller.agreement.recurring_invoices"
                            inputmode="numeric"
                            optional=true
                            hint="Empty means for ever."
                            value=bind!(form.recurring_invoices)
                        />
                        <TextField
                            label="Held for"
                            path="reseller.agreement.hold_days"
                            inputmode="numeric"
                            suffix="days"
                            hint="Before it can be paid out."
                            value=bind!(form.hold_days)
                        />
                    </div>
                </FormSection>
                <FormActions submit=if is_new { "Create reseller" } else { "Save reseller" } cancel=cancel />
            </Form>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_updated() {
        let before = pb::Reseller {
            display_name: "North".into(),
            agreement: Some(pb::CommissionAgreement {
                version: 3,
                hold_days: 30,
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut now = before.clone();
        now.agreement = now.agreement.map(|terms| pb::CommissionAgreement { version: 0, ..terms });
        assert!(changed(&before, &now).is_empty());
        now.display_name = "North East".into();
        now.agreement = now.agreement.map(|terms| pb::CommissionAgreement { hold_days: 14, ..terms });
        assert_eq!(changed(&before, &now), ["display_name", "agreement"]);
    }
}
