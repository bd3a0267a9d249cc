//! Changing what is known of a tenant.

use leptos::prelude::*;
use portal_app::{Go, LoadObject, Me, failure, load_object};
use portal_client::pb;
use portal_ui::{
    Breadcrumb, Failure, Form, FormActions, FormSection, FormState, PageHeading, SelectField, TextField, Toasts, Violations, bind,
    time_zones,
};
use prost_types::FieldMask;

/// What is typed in, and the tenant as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TenantInput {
    before: pb::Tenant,
    display_name: String,
    name: String,
    email: String,
    phone: String,
    time_zone: String,
}

impl From<pb::Tenant> for TenantInput {
    fn from(tenant: pb::Tenant) -> Self {
        let contact = tenant.contact.clone().unwrap_or_default();
        Self {
            display_name: tenant.display_name.clone(),
            name: contact.name,
            email: contact.email,
            phone: contact.phone,
            time_zone: tenant.time_zone.clone(),
            before: tenant,
        }
    }
}

impl TryFrom<TenantInput> for pb::UpdateTenantRequest {
    type Error = Violations;

    /// Names only the fields that differ, so that nothing else is touched.
    fn try_from(input: TenantInput) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let named = |text: &str| (1..=80).contains(&text.trim().chars().count());
        if !named(&input.display_name) {
            wrong.push(("tenant.display_name".into(), "Enter a name of 1 to 80 characters.".into()));
        }
        if !named(&input.name) {
            wrong.push(("tenant.contact.name".into(), "Enter the person\u{2019}s name.".into()));
        }
        if !input.email.contains('@') {
            wrong.push(("tenant.contact.email".into(), "Enter the person\u{2019}s email address.".into()));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let before = input.before;
        let contact = before.contact.clone().unwrap_or_default();
        let mut paths = Vec::new();
        let mut field = |path: &str, before: &str, now: String| {
            let now = now.trim().to_owned();
            if before != now {
                paths.push(path.to_owned());
            }
            now
        };
        let tenant = pb::Tenant {
            display_name: field("display_name", &before.display_name, input.display_name),
            contact: Some(pb::Contact {
                name: field("contact.name", &contact.name, input.name),
                email: field("contact.email", &contact.email, input.email),
                phone: field("contact.phone", &contact.phone, input.phone),
            }),
            time_zone: field("time_zone", &before.time_zone, input.time_zone),
            id: before.id,
            etag: before.etag,
            ..Default::default()
        };
        Ok(Self {
            tenant: Some(tenant),
            update_mask: Some(FieldMask { paths }),
            ..Default::default()
        })
    }
}

/// The page.
#[component]
pub fn EditTenant(
    /// The tenant.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let tenant = load_object(move || {
        let tenant_id = id.clone();
        async move { me.get_tenant(pb::GetTenantRequest { tenant_id }).await }
    });
    view! {
        <LoadObject data=tenant what="The tenant" let:tenant>
            <EditForm tenant=tenant.get_untracked() />
        </LoadObject>
    }
}

#[component]
fn EditForm(tenant: pb::Tenant) -> impl IntoView {
    let (me, go, toasts) = (Me::here(), Go::here(), Toasts::here());
    let name = tenant.display_name.clone();
    let here = format!("/master/tenants/{}", tenant.id);
    let zones = time_zones(&tenant.time_zone)
        .into_iter()
        .map(|zone| (zone.clone(), zone))
        .collect::<Vec<_>>();
    let form = RwSignal::new(TenantInput::from(tenant));
    let state = FormState::new(move || pb::UpdateTenantRequest::try_from(form.get_untracked()).err().unwrap_or_default());
    let back = StoredValue::new(here.clone());
    let action = move || {
        let request = pb::UpdateTenantRequest::try_from(form.get_untracked());
        async move {
            let mut request = request.map_err(|violations| Failure {
                violations,
                ..Failure::default()
            })?;
            if request.update_mask.as_ref().is_some_and(|mask| !mask.paths.is_empty()) {
                request.request_id = state.request_id();
                me.client().master().update_tenant(request).await.map_err(failure)?;
                toasts.done("Tenant saved");
            }
            state.settle();
            go.to(back.get_value());
            Ok(())
        }
    };
    view! {
        <Breadcrumb links=vec![("Tenants".into(), "/master/tenants".into()), (name.clone(), here.clone())] current="Edit" />
        <PageHeading title=format!("Edit {name}") />
        <div class="page-narrow">
            <Form state=state action=action>
                <FormSection title="Company">
                    <TextField label="Name" path="tenant.display_name" value=bind!(form.display_name) />
                    <SelectField
                        label="Time zone"
                        path="tenant.time_zone"
                        value=bind!(form.time_zone)
                        options=Signal::stored(zones)
                        hint="For its billing days."
                    />
                </FormSection>
                <FormSection title="Contact" hint="The person you talk to.">
                    <TextField label="Name" path="tenant.contact.name" value=bind!(form.name) />
                    <TextField label="Email" path="tenant.contact.email" kind="email" value=bind!(form.email) />
                    <TextField label="Phone" path="tenant.contact.phone" kind="tel" optional=true value=bind!(form.phone) />
                </FormSection>
                <FormActions submit="Save tenant" cancel=here />
            </Form>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_updated() {
        let tenant = pb::Tenant {
            display_name: "Acme".into(),
            contact: Some(pb::Contact {
                name: "Ada".into(),
                email: "ada@acme.example".into(),
                phone: String::new(),
            }),
            time_zone: "UTC".into(),
            etag: "7".into(),
            ..Default::default()
        };
        let input = TenantInput {
            display_name: "Acme Fiber ".into(),
            phone: "1".into(),
            ..TenantInput::from(tenant)
        };
        let request = pb::UpdateTenantRequest::try_from(input.clone()).expect("nothing is wrong");
        assert_eq!(request.update_mask.unwrap_or_default().paths, ["display_name", "contact.phone"]);
        assert_eq!(
            request.tenant.map(|tenant| (tenant.display_name, tenant.etag)),
            Some(("Acme Fiber".into(), "7".into()))
        );
        let wrong = TenantInput {
            display_name: " ".into(),
            email: "x".into(),
            ..input
        };
        assert_eq!(pb::UpdateTenantRequest::try_from(wrong).map_err(|wrong| wrong.len()), Err(2));
    }
}
