//! What a tenant is billed for, and its invoices.

use leptos::prelude::*;
use portal_app::{Me, load};
use portal_client::pb;
use portal_ui::{
    Amount, Card, CopyId, EmptyState, Fact, Facts, Icon, Load, SkeletonCard, StateBadge, When, cadence_word, dash, view::period_text,
};

use super::detail::TheTenant;
use crate::{names::NameOf, pages::invoices::InvoicesOf};

/// The tab.
#[component]
pub fn Billing(the: TheTenant) -> impl IntoView {
    view! {
        <div class="stack">
            <SubscriptionCard the=the />
            <h2 class="section-title">"Invoices"</h2>
            <div>
                <InvoicesOf tenant_id=the.id() />
            </div>
        </div>
    }
}

/// The subscription that runs, or the last one.
#[component]
pub fn SubscriptionCard(the: TheTenant) -> impl IntoView {
    let me = Me::here();
    let state = the.state();
    let subscriptions = load(move || {
        // A suspension or a deletion changes it.
        state.track();
        let request = pb::ListSubscriptionsRequest {
            page_size: 1,
            filter: format!("tenant_id = {}", the.id()),
            ..Default::default()
        };
        async move { Ok(me.client().master().list_subscriptions(request).await?.subscriptions) }
    });
    view! {
        <Load data=subscriptions what="The subscription" skeleton=ViewFn::from(|| view! { <SkeletonCard lines=3 /> }) let:all>
            {move || match all.get().into_iter().next() {
                Some(subscription) => view! { <Shown subscription=subscription /> }.into_any(),
                None => {
                    view! {
                        <Card title="Subscription">
                            <EmptyState icon=Icon::Tag title="No subscription" text="It begins when the tenant\u{2019}s instance is healthy for the first time." />
                        </Card>
                    }
                        .into_any()
                }
            }}
        </Load>
    }
}

#[component]
fn Shown(subscription: pb::Subscription) -> impl IntoView {
    let state = subscription.state().as_str_name();
    let plan = format!("/master/plans/{}", subscription.plan_id);
    let cadence = cadence_word(subscription.cadence());
    let (start, end) = (subscription.current_period_start, subscription.current_period_end);
    let period = match start.is_empty() {
        true => dash().into_any(),
        false => period_text(&start, &end).into_any(),
    };
    let ended = subscription
        .end_time
        .map(|at| view! { <Fact label="Ended"><When at=Some(at) /></Fact> });
    view! {
        <Card title="Subscription" action=move || view! { <StateBadge state=state /> }>
            <Facts>
                <Fact label="Plan"><a class="link" href=plan><NameOf id=subscription.plan_id /></a></Fact>
                <Fact label="Price"><Amount money=subscription.amount /> " a " {cadence}</Fact>
                <Fact label="Period">{period}</Fact>
                <Fact label="Next invoice"><When at=subscription.next_invoice_time /></Fact>
                <Fact label="Billed since"><When at=subscription.start_time /></Fact>
                {ended}
                <Fact label="Id"><CopyId value=subscription.id label="subscription id" /></Fact>
            </Facts>
        </Card>
    }
}
