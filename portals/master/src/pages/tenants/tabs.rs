//! The tabs of a tenant.

use leptos::prelude::*;
use portal_app::{AccountOf, AuditTable, Filters, Me, PeoplePanel, SettingsForm, load};
use portal_client::pb;
use portal_ui::{ListState, Load};

use super::{billing::Billing, detail::TheTenant, instances::Instances, overview::Overview};

/// The tabs, and the RPCs that they begin with.
pub const TABS: [(&str, &str, &str); 6] = [
    ("overview", "Overview", "GetTenant"),
    ("instances", "Instances", "ListDeployments"),
    ("billing", "Subscription and invoices", "ListInvoices"),
    ("users", "Users", "ListUsers"),
    ("settings", "Settings", "UpdateTenantSettings"),
    ("audit", "Audit", "ListAuditEntries"),
];

/// The content of a tab.
pub fn panel(id: &str) -> AnyView {
    let the = expect_context::<TheTenant>();
    match id {
        "instances" => view! { <Instances the=the /> }.into_any(),
        "billing" => view! { <Billing the=the /> }.into_any(),
        "users" => {
            let of = AccountOf {
                portal: pb::Portal::Tenant,
                tenant_id: the.id(),
                reseller_id: String::new(),
            };
            view! { <PeoplePanel of=of /> }.into_any()
        }
        "settings" => view! { <Settings the=the /> }.into_any(),
        "audit" => {
            let within = Filters::new().is("tenant_id", &the.id());
            view! { <AuditTable list=ListState::local("tenant-audit") within=within /> }.into_any()
        }
        _ => view! { <Overview the=the /> }.into_any(),
    }
}

#[component]
fn Settings(the: TheTenant) -> impl IntoView {
    let me = Me::here();
    let settings = load(move || {
        let tenant_id = the.id();
        async move { me.get_tenant_settings(pb::GetTenantSettingsRequest { tenant_id }).await }
    });
    let name = Signal::derive(move || the.now.with(|tenant| tenant.display_name.clone()));
    let cancel = format!("/master/tenants/{}", the.id());
    view! {
        <Load
            data=settings
            what="The settings"
            children=move |_| view! { <SettingsForm settings=settings tenant_name=name cancel=cancel.clone() /> }
        />
    }
}
