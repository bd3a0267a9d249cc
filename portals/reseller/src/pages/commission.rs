//! One commission: on what it was earned, how it was computed, when it can be paid out.

use leptos::prelude::*;
use portal_app::{LoadObject, Me, load_object};
use portal_client::pb;
use portal_ui::{
    Amount, Breadcrumb, Card, CopyId, Fact, Facts, Notice, PageHeading, StateBadge, TimeText, Tone, When, millis,
    view::{CommissionSum, commission_kind},
};

/// The page.
#[component]
pub fn CommissionPage(
    /// The commission.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let commission = load_object(move || {
        let commission_id = id.clone();
        async move { me.get_commission(pb::GetCommissionRequest { commission_id }).await }
    });
    view! {
        <LoadObject data=commission what="The commission" let:commission>
            <Shown commission=commission />
        </LoadObject>
    }
}

/// What a commission is called: the invoice it was earned on.
fn name(commission: &pb::Commission) -> String {
    format!("Commission on {}", commission.invoice_number)
}

#[component]
fn Shown(commission: Signal<pb::Commission>) -> impl IntoView {
    let title = Signal::derive(move || commission.with(name));
    let state = Signal::derive(move || commission.with(|it| it.state().as_str_name().to_owned()));
    let facts = move || {
        let it = commission.get();
        let customer = format!("/reseller/customers/{}", it.customer_id);
        let kind = commission_kind(it.kind());
        view! {
            <Facts>
                <Fact label="Commission"><strong class="font-semibold"><Amount money=it.amount /></strong></Fact>
                <Fact label="Customer"><a class="link" href=customer>{it.customer_name}</a></Fact>
                <Fact label="Invoice">{it.invoice_number}</Fact>
                <Fact label="For">{kind}</Fact>
                <Fact label="Earned"><When at=it.create_time /></Fact>
                <Fact label="Held until"><When at=it.hold_until_time /></Fact>
                <Fact label="Payment"><CopyId value=it.payment_id label="payment id" /></Fact>
                <Fact label="Id"><CopyId value=it.id label="commission id" /></Fact>
            </Facts>
        }
    };
    view! {
        <Breadcrumb links=vec![("Commissions".into(), "/reseller/commissions".into())] current=Signal::derive(move || commission.with(|it| it.invoice_number.clone())) />
        <PageHeading title=title badge=move || view! { <StateBadge state=state /> } />
        <div class="stack">
            {move || what_comes_next(&commission.get())}
            <Card>{facts}</Card>
            <div class="page-narrow">
                <Card title="How it was computed">{move || view! { <CommissionSum commission=commission.get() /> }}</Card>
            </div>
        </div>
    }
}

/// What the state means for the money.
fn what_comes_next(commission: &pb::Commission) -> Option<AnyView> {
    let held_until = millis(&commission.hold_until_time);
    match (commission.state(), held_until) {
        (pb::CommissionState::Pending, Some(at)) => Some(
            view! {
                <Notice tone=Tone::Info title="Held for now">
                    <p>"It can be paid out " <TimeText at=at /> ", when the customer can no longer take the payment back."</p>
                </Notice>
            }
            .into_any(),
        ),
        (pb::CommissionState::Rejected, _) => Some(
            view! {
                <Notice tone=Tone::Warning title="Not granted">
                    <p>"The vendor did not grant this commission. Ask your contact there for the reason."</p>
                </Notice>
            }
            .into_any(),
        ),
        _ => None,
    }
}
