//! One customer, and what was earned on it.

use leptos::prelude::*;
use portal_app::{CommissionTable, Filters, LoadObject, Me, load_object};
use portal_client::pb;
use portal_ui::{Breadcrumb, Card, CopyId, Fact, Facts, ListState, Notice, PageHeading, StateBadge, Tone, When, dash};

use super::commissions::href;

/// The page.
#[component]
pub fn CustomerPage(
    /// The customer.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let asked = id.clone();
    let customer = load_object(move || {
        let tenant_id = asked.clone();
        async move { me.client().reseller().get_tenant(pb::GetTenantRequest { tenant_id }).await }
    });
    let earned = {
        move || {
            let within = Filters::new().is("customer_id", &id);
            me.may("ListCommissions").then(|| {
                view! {
                    <section class="stack" aria-labelledby="earned">
                        <h2 class="section-title" id="earned">
                            "Commissions on this customer"
                        </h2>
                        <CommissionTable list=ListState::local("customer-commissions") within=within href=href of_customer=true />
                    </section>
                }
            })
        }
    };
    view! {
        <LoadObject data=customer what="The customer" let:customer>
            <Shown customer=customer />
            {earned()}
        </LoadObject>
    }
}

#[component]
fn Shown(customer: Signal<pb::Tenant>) -> impl IntoView {
    let name = Signal::derive(move || customer.with(|it| it.display_name.clone()));
    let state = Signal::derive(move || customer.with(|it| it.state().as_str_name().to_owned()));
    let facts = move || {
        let it = customer.get();
        let contact = it.contact.unwrap_or_default();
        let mail = format!("mailto:{}", contact.email);
        let phone = match contact.phone.is_empty() {
            true => dash().into_any(),
            false => contact.phone.into_any(),
        };
        view! {
            <Facts>
                <Fact label="Contact">{contact.name}</Fact>
                <Fact label="Email"><a class="link" href=mail>{contact.email}</a></Fact>
                <Fact label="Telephone">{phone}</Fact>
                <Fact label="Billed in">{it.billing_currency}</Fact>
                <Fact label="Time zone">{it.time_zone.replace('_', " ")}</Fact>
                <Fact label="Customer since"><When at=it.create_time /></Fact>
                <Fact label="Address">{it.slug}</Fact>
                <Fact label="Id"><CopyId value=it.id label="customer id" /></Fact>
            </Facts>
        }
    };
    let held = move || {
        let (state, reason) = customer.with(|it| (it.state(), it.state_reason.clone()));
        let title = match state {
            pb::TenantState::Suspended => "This customer is suspended; nothing new is earned until it is resumed",
            pb::TenantState::Deleted => "This customer was deleted",
            pb::TenantState::Failed => "The onboarding of this customer failed",
            _ => return None,
        };
        let reason = (!reason.is_empty()).then(|| view! { <p>{format!("Reason: {reason}")}</p> });
        Some(view! { <Notice tone=Tone::Warning title=title>{reason}</Notice> })
    };
    view! {
        <Breadcrumb links=vec![("Customers".into(), "/reseller/customers".into())] current=name />
        <PageHeading title=name badge=move || view! { <StateBadge state=state /> } />
        <div class="stack">{held} <Card>{facts}</Card></div>
    }
}
