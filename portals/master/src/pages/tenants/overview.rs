//! What one wants to know of a tenant first.

use leptos::prelude::*;
use portal_app::{Me, OpenInstance, load};
use portal_client::pb;
use portal_ui::{Card, CopyId, EmptyState, Fact, Facts, Icon, Load, Notice, SkeletonCard, StateBadge, TimeText, Tone, When, dash, millis};

use super::{billing::SubscriptionCard, detail::TheTenant};
use crate::{names::NameOf, pages::operations};

/// Why a tenant is not simply active.
#[component]
pub fn StateNotice(the: TheTenant) -> impl IntoView {
    let shown = Memo::new(move |_| {
        the.now.with(|tenant| {
            let purge = millis(&tenant.purge_time);
            (tenant.state(), tenant.state_reason.clone(), purge)
        })
    });
    move || {
        let (state, reason, purge) = shown.get();
        let reason = (!reason.is_empty()).then(|| view! { <p>{format!("Reason: {reason}")}</p> });
        match state {
            pb::TenantState::Suspended => view! {
                <Notice tone=Tone::Warning title="This tenant is suspended">
                    {reason}
                    <p>"Its instances are down and its subscription stands still. Its users can still see and pay invoices."</p>
                </Notice>
            }
            .into_any(),
            pb::TenantState::Deleted => view! {
                <Notice tone=Tone::Warning title="This tenant is deleted">
                    {reason}
                    <p>"Its users are locked out. The deletion can be taken back until it is purged" {purge.map(|at| view! { ", " <TimeText at=at /> })} "."</p>
                </Notice>
            }
            .into_any(),
            pb::TenantState::Purged => view! {
                <Notice tone=Tone::Info title="This tenant is purged">
                    <p>"Its data is gone for ever. What you see here is what the books need."</p>
                </Notice>
            }
            .into_any(),
            pb::TenantState::Failed => view! {
                <Notice tone=Tone::Error title="This tenant could not be set up">
                    {reason}
                    <p>"What had been done is taken back. The operation below says what went wrong."</p>
                </Notice>
            }
            .into_any(),
            _ => ().into_any(),
        }
    }
}

/// The first tab.
#[component]
pub fn Overview(the: TheTenant) -> impl IntoView {
    view! {
        <div class="stack">
            <Card>{move || view! { <TenantFacts tenant=the.now.get() /> }}</Card>
            <div class="grid-2">
                <InstancesCard the=the />
                <SubscriptionCard the=the />
            </div>
            <OperationsCard the=the />
        </div>
    }
}

#[component]
fn TenantFacts(tenant: pb::Tenant) -> impl IntoView {
    let contact = tenant.contact.unwrap_or_default();
    let mail = format!("mailto:{}", contact.email);
    let reseller = match tenant.reseller_id.is_empty() {
        true => view! { "None, a direct customer" }.into_any(),
        false => {
            let href = format!("/master/resellers/{}", tenant.reseller_id);
            view! { <a class="link" href=href><NameOf id=tenant.reseller_id /></a> }.into_any()
        }
    };
    let phone = match contact.phone.is_empty() {
        true => dash().into_any(),
        false => contact.phone.into_any(),
    };
    view! {
        <Facts>
            <Fact label="Contact">{contact.name}</Fact>
            <Fact label="Email"><a class="link" href=mail>{contact.email}</a></Fact>
            <Fact label="Phone">{phone}</Fact>
            <Fact label="Reseller">{reseller}</Fact>
            <Fact label="Billed in">{tenant.billing_currency}</Fact>
            <Fact label="Time zone">{tenant.time_zone.replace('_', " ")}</Fact>
            <Fact label="Slug"><code>{tenant.slug}</code></Fact>
            <Fact label="Created"><When at=tenant.create_time /></Fact>
            <Fact label="Id"><CopyId value=tenant.id label="tenant id" /></Fact>
        </Facts>
    }
}

#[component]
fn InstancesCard(the: TheTenant) -> impl IntoView {
    let me = Me::here();
    let state = the.state();
    let deployments = load(move || {
        // A suspension or a deletion changes them.
        state.track();
        let request = pb::ListDeploymentsRequest {
            page_size: 5,
            filter: format!("tenant_id = {}", the.id()),
            ..Default::default()
        };
        async move { Ok(me.list_deployments(request).await?.deployments) }
    });
    let row = |one: pb::Deployment| {
        let href = format!("/master/deployments/{}", one.id);
        let state = one.state().as_str_name();
        view! {
            <li class="list-row">
                <div class="list-row-text">
                    <a class="link font-medium" href=href>
                        {one.slug.clone()}
                    </a>
                </div>
                <StateBadge state=state />
                <OpenInstance deployment=Signal::stored(one) />
            </li>
        }
    };
    let skeleton = ViewFn::from(|| view! { <SkeletonCard lines=2 /> });
    view! {
        <Load data=deployments what="The instances" skeleton=skeleton let:all>
            <Card title="Instances" flush=true>
                {move || match all.get() {
                    all if all.is_empty() => {
                        view! { <EmptyState icon=Icon::Server title="No instance" text="The tenant has none at the moment." /> }.into_any()
                    }
                    all => view! { <ul>{all.into_iter().map(row).collect_view()}</ul> }.into_any(),
                }}
            </Card>
        </Load>
    }
}

#[component]
fn OperationsCard(the: TheTenant) -> impl IntoView {
    let me = Me::here();
    let state = the.state();
    let operations = load(move || {
        state.track();
        let request = pb::ListOperationsRequest {
            page_size: 5,
            filter: format!("tenant_id = {}", the.id()),
            ..Default::default()
        };
        async move { Ok(me.client().master().list_operations(request).await?.operations) }
    });
    view! {
        <Load data=operations what="The operations" skeleton=ViewFn::from(|| view! { <SkeletonCard lines=2 /> }) let:all>
            {move || match all.get() {
                all if all.is_empty() => ().into_any(),
                all => {
                    view! {
                        <Card title="Operations" flush=true>
                            <ul>{all.into_iter().map(operations::row).collect_view()}</ul>
                        </Card>
                    }
                        .into_any()
                }
            }}
        </Load>
    }
}
