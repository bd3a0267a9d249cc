//! Branding, language and notifications.

use leptos::prelude::*;
use portal_app::{Me, SettingsForm, load};
use portal_client::pb;
use portal_ui::{Card, Fact, Facts, Load, Notice, PageHeading, Tone};

/// The page: a form, or the settings alone for those who may not change them.
#[component]
pub fn Settings() -> impl IntoView {
    let me = Me::here();
    let account = move || me.session().with(|session| session.account.clone().unwrap_or_default());
    let settings = load(move || {
        let tenant_id = untrack(account).id;
        async move { me.get_tenant_settings(pb::GetTenantSettingsRequest { tenant_id }).await }
    });
    let name = Signal::derive(move || account().display_name);
    view! {
        <PageHeading title="Settings" />
        <Load data=settings what="Your settings" let:now>
            {move || match me.may("UpdateTenantSettings") {
                true => view! { <SettingsForm settings=settings tenant_name=name cancel="/tenant/" /> }.into_any(),
                false => view! { <ReadOnly settings=now /> }.into_any(),
            }}
        </Load>
    }
}

/// What stands where nothing is set.
fn or(text: String, default: &'static str) -> AnyView {
    match text.is_empty() {
        true => view! { <span class="text-muted">{default}</span> }.into_any(),
        false => text.into_any(),
    }
}

#[component]
fn ReadOnly(settings: Signal<pb::TenantSettings>) -> impl IntoView {
    move || {
        let settings = settings.get();
        let branding = settings.branding.unwrap_or_default();
        let locale = settings.locale.unwrap_or_default();
        let notifications = settings.notifications.unwrap_or_default();
        view! {
            <div class="stack">
                <Notice tone=Tone::Info title="Only an admin of your account can change these settings." />
                <Card title="Branding">
                    <Facts>
                        <Fact label="Product name">{or(branding.product_name, "Your company\u{2019}s name")}</Fact>
                        <Fact label="Main colour">{or(branding.primary_color, "Default")}</Fact>
                        <Fact label="Support email">{or(branding.support_email, "None")}</Fact>
                    </Facts>
                </Card>
                <Card title="Language and notifications">
                    <Facts>
                        <Fact label="Language">{or(locale.language, "English")}</Fact>
                        <Fact label="Invoices and reminders">{or(notifications.billing_email, "The contact person")}</Fact>
                        <Fact label="Incidents">{or(notifications.incident_email, "The contact person")}</Fact>
                    </Facts>
                </Card>
            </div>
        }
    }
}
