//! The form of a tenant's settings.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{ColorField, Form, FormActions, FormSection, FormState, Notice, Remote, SelectField, TextField, Toasts, Tone, bind};

use super::{
    SettingsChange, SettingsInput,
    preview::{BrandPreview, DEFAULT_COLOR},
};
use crate::{load::failure, me::Me};

/// Languages on offer, each in its own words. Another one that is set already stays on offer.
const LANGUAGES: [(&str, &str); 12] = [
    ("", "English (default)"),
    ("cs", "Čeština"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("de-AT", "Deutsch (Österreich)"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("sv", "Svenska"),
];

/// The languages for a field, with the one that is set.
fn languages(set: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = LANGUAGES.map(|(tag, name)| (tag.to_owned(), name.to_owned())).to_vec();
    if !all.iter().any(|(tag, _)| tag == set) {
        all.push((set.to_owned(), set.to_owned()));
    }
    all
}

/// The form with its preview. What was saved goes back into `settings`.
#[component]
pub fn SettingsForm(
    /// The settings as they were loaded.
    settings: Remote<pb::TenantSettings>,
    /// The tenant's own name, which the instance shows where no other is set.
    #[prop(into)]
    tenant_name: Signal<String>,
    /// Where cancelling leads.
    #[prop(into)]
    cancel: String,
) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let before = move || settings.value().get_untracked().unwrap_or_default();
    let form = RwSignal::new(SettingsInput::from(&before()));
    let change = move || SettingsChange {
        before: before(),
        now: form.get_untracked(),
    };
    let state = FormState::new(move || pb::UpdateTenantSettingsRequest::try_from(change()).err().unwrap_or_default());
    let action = move || {
        let change = change();
        let rebrands = change.rebrands();
        let request = pb::UpdateTenantSettingsRequest::try_from(change);
        async move {
            let Ok(mut request) = request else { return Ok(()) };
            let changed = request.update_mask.as_ref().is_some_and(|mask| !mask.paths.is_empty());
            if !changed {
                toasts.done("Nothing was different from before");
                return Ok(());
            }
            request.request_id = state.request_id();
            let now = me.update_tenant_settings(request).await.map_err(failure)?;
            form.set(SettingsInput::from(&now));
            settings.set(now);
            toasts.done(match rebrands {
                true => "Settings saved. The instance restarts to show its new look",
                false => "Settings saved",
            });
            Ok(())
        }
    };
    let languages = Signal::stored(languages(&form.with_untracked(|form| form.language.clone())));
    let branding = move || {
        view! {
            <FormSection title="Branding" hint="What people see when they open the instance.">
                <TextField
                    label="Product name"
                    path="settings.branding.product_name"
                    optional=true
                    hint="Without one the company\u{2019}s name stands there."
                    value=bind!(form.product_name)
                />
                <ColorField
                    label="Main colour"
                    path="settings.branding.primary_color"
                    default=DEFAULT_COLOR
                    hint="Text on it turns black or white, whichever can be read."
                    value=bind!(form.primary_color)
                />
                <TextField
                    label="Support email"
                    path="settings.branding.support_email"
                    kind="email"
                    optional=true
                    hint="Where people get help with the instance."
                    value=bind!(form.support_email)
                />
                <Notice tone=Tone::Info title="A change of the branding restarts the instance, which takes a few seconds." />
            </FormSection>
        }
    };
    view! {
        <div class="settings">
            <Form state=state action=action>
                {branding()}
                <FormSection title="Language">
                    <SelectField
                        label="Language"
                        path="settings.locale.language"
                        hint="In which the account is written to."
                        value=bind!(form.language)
                        options=languages
                    />
                </FormSection>
                <FormSection title="Notifications" hint="Where news goes; without an address it goes to the contact person.">
                    <TextField
                        label="Invoices and reminders"
                        path="settings.notifications.billing_email"
                        kind="email"
                        optional=true
                        value=bind!(form.billing_email)
                    />
                    <TextField
                        label="Incidents"
                        path="settings.notifications.incident_email"
                        kind="email"
                        optional=true
                        value=bind!(form.incident_email)
                    />
                </FormSection>
                <FormActions submit="Save settings" cancel=cancel />
            </Form>
            <BrandPreview form=form tenant_name=tenant_name />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_is_set_stays_on_offer() {
        assert_eq!(languages("de").len(), LANGUAGES.len());
        assert_eq!(languages("fi").last(), Some(&("fi".to_owned(), "fi".to_owned())));
    }
}
