//! The roles of the three portals, and the rules that say what each may do.

mod policy;

use leptos::prelude::*;
use portal_app::{RoleTabs, RolesMatrix, load_roles};
use portal_client::pb;
use portal_ui::PageHeading;

use policy::PolicyPanel;

const TABS: [(&str, &str, &str); 4] = [
    ("master", "Master", "GetRoles"),
    ("tenant", "Tenant", "GetRoles"),
    ("reseller", "Reseller", "GetRoles"),
    ("policy", "Policy", "GetPolicy"),
];

/// The page.
#[component]
pub fn Roles() -> impl IntoView {
    let roles = load_roles();
    let panel = move |id: &str| {
        let portal = match id {
            "policy" => return view! { <PolicyPanel roles=roles /> }.into_any(),
            "tenant" => pb::Portal::Tenant,
            "reseller" => pb::Portal::Reseller,
            _ => pb::Portal::Master,
        };
        view! { <RolesMatrix roles=roles portal=portal /> }.into_any()
    };
    view! {
        <PageHeading title="Roles" subtitle=Signal::stored(Some("What each role may do in the three portals.".to_owned())) />
        <RoleTabs label="Roles" tabs=TABS.to_vec() panel=panel />
    }
}
