//! One tenant: who it is, where it stands, and everything that belongs to it in tabs.

use leptos::prelude::*;
use portal_app::{LoadObject, Me, RoleTabs, load_object};
use portal_client::pb;
use portal_ui::{Breadcrumb, PageHeading, Remote, StateBadge};

use super::{
    actions::TenantActions,
    overview::StateNotice,
    tabs::{TABS, panel},
};

/// The tenant of the page. It can be copied.
#[derive(Clone, Copy)]
pub struct TheTenant {
    /// Where it goes after an action.
    pub data: Remote<pb::Tenant>,
    /// As it is.
    pub now: Signal<pb::Tenant>,
}

impl TheTenant {
    /// Its id, which never changes.
    pub fn id(self) -> String {
        self.now.with_untracked(|tenant| tenant.id.clone())
    }

    /// Where it stands.
    pub fn state(self) -> Memo<pb::TenantState> {
        Memo::new(move |_| self.now.with(|tenant| tenant.state()))
    }
}

/// The page.
#[component]
pub fn TenantPage(
    /// The tenant.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let tenant = load_object(move || {
        let tenant_id = id.clone();
        async move { me.get_tenant(pb::GetTenantRequest { tenant_id }).await }
    });
    view! {
        <LoadObject data=tenant what="The tenant" let:now>
            <Shown the=TheTenant { data: tenant, now } />
        </LoadObject>
    }
}

#[component]
fn Shown(the: TheTenant) -> impl IntoView {
    provide_context(the);
    let name = Signal::derive(move || the.now.with(|tenant| tenant.display_name.clone()));
    let state = the.state();
    let badge = Signal::derive(move || state.get().as_str_name().to_owned());
    view! {
        <Breadcrumb links=vec![("Tenants".into(), "/master/tenants".into())] current=name />
        <PageHeading title=name badge=move || view! { <StateBadge state=badge /> }>
            <TenantActions the=the />
        </PageHeading>
        <div class="stack">
            <StateNotice the=the />
            <RoleTabs label="Tenant" tabs=TABS.to_vec() panel=panel />
        </div>
    }
}
