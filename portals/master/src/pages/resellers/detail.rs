//! One reseller: its terms, its tenants, what it earned, its people.

use leptos::prelude::*;
use portal_app::{AccountOf, CommissionTable, Filters, LoadObject, Me, PeoplePanel, RoleTabs, load_object};
use portal_client::pb;
use portal_ui::{Breadcrumb, Card, CopyId, Fact, Facts, ListState, PageHeading, StateBadge, When, rate_text};

use crate::pages::tenants::TenantTable;

/// The page.
#[component]
pub fn ResellerPage(
    /// The reseller.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let reseller = load_object(move || {
        let reseller_id = id.clone();
        async move { me.client().master().get_reseller(pb::GetResellerRequest { reseller_id }).await }
    });
    view! {
        <LoadObject data=reseller what="The reseller" let:now>
            <Shown reseller=now />
        </LoadObject>
    }
}

#[component]
fn Shown(reseller: Signal<pb::Reseller>) -> impl IntoView {
    let me = Me::here();
    let name = Signal::derive(move || reseller.with(|it| it.display_name.clone()));
    let state = Signal::derive(move || reseller.with(|it| it.state().as_str_name().to_owned()));
    let id = reseller.with_untracked(|it| it.id.clone());
    let edit = format!("/master/resellers/{id}/edit");
    let tabs = vec![
        ("overview", "Overview", "GetReseller"),
        ("tenants", "Tenants", "ListTenants"),
        ("commissions", "Commissions", "ListCommissions"),
        ("users", "Users", "ListUsers"),
    ];
    let panel = move |tab: &'static str| match tab {
        "tenants" => view! { <TenantTable reseller_id=id.clone() /> }.into_any(),
        "commissions" => {
            let within = Filters::new().is("reseller_id", &id);
            let href = |it: &pb::Commission| format!("/master/invoices/{}", it.invoice_id);
            view! { <CommissionTable list=ListState::local("reseller-commissions") within=within href=href /> }.into_any()
        }
        "users" => {
            let of = AccountOf {
                portal: pb::Portal::Reseller,
                tenant_id: String::new(),
                reseller_id: id.clone(),
            };
            view! { <PeoplePanel of=of /> }.into_any()
        }
        _ => view! { <Card>{move || view! { <ResellerFacts reseller=reseller.get() /> }}</Card> }.into_any(),
    };
    view! {
        <Breadcrumb links=vec![("Resellers".into(), "/master/resellers".into())] current=name />
        <PageHeading title=name badge=move || view! { <StateBadge state=state /> }>
            {me.may("UpdateReseller").then(|| view! { <a class="btn btn-primary" href=edit>"Edit"</a> })}
        </PageHeading>
        <RoleTabs label="Reseller" tabs=tabs panel=panel />
    }
}

#[component]
fn ResellerFacts(reseller: pb::Reseller) -> impl IntoView {
    let terms = reseller.agreement.unwrap_or_default();
    let mail = format!("mailto:{}", reseller.contact_email);
    let count = match terms.recurring_invoices {
        0 => "For ever".to_owned(),
        count => count.to_string(),
    };
    let held = match terms.hold_days {
        0 => "Not held".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    view! {
        <Facts>
            <Fact label="Email"><a class="link" href=mail>{reseller.contact_email}</a></Fact>
            <Fact label="Of the first invoice">{rate_text(terms.initial_rate_ppm)}</Fact>
            <Fact label="Of later invoices">{rate_text(terms.recurring_rate_ppm)}</Fact>
            <Fact label="Number of later invoices">{count}</Fact>
            <Fact label="Held for">{held}</Fact>
            <Fact label="Version of the terms">{terms.version.to_string()}</Fact>
            <Fact label="Code"><code>{reseller.code}</code></Fact>
            <Fact label="Created"><When at=reseller.create_time /></Fact>
            <Fact label="Id"><CopyId value=reseller.id label="reseller id" /></Fact>
        </Facts>
    }
}
