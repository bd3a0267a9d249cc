//! What needs attention now.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{
    Amount, Card, EmptyState, Icon, Load, Part, Remote, StackBar, StateBadge, When, iso, now, state_tone, state_word,
    view::{InvoiceBadges, invoice_name},
};

use super::figures::count_text;
use crate::{names::NameOf, pages::operations};

/// A card with rows, or with what it says when there are none.
fn rows_card(
    title: &'static str,
    all: (&'static str, String),
    rows: Vec<AnyView>,
    icon: Icon,
    none: (&'static str, &'static str),
) -> AnyView {
    let (text, href) = all;
    let content = match rows.is_empty() {
        true => view! { <EmptyState icon=icon title=none.0 text=none.1 /> }.into_any(),
        false => view! { <ul>{rows}</ul> }.into_any(),
    };
    view! {
        <Card
            title=title
            flush=true
            action=move || {
                let href = href.clone();
                view! { <a class="link" href=href>{text}</a> }
            }
        >
            {content}
        </Card>
    }
    .into_any()
}

/// Instances that failed or are unhealthy.
#[component]
pub fn Attention(data: Remote<pb::MasterDashboard>) -> impl IntoView {
    let row = |one: pb::Deployment| {
        let href = format!("/master/deployments/{}", one.id);
        let state = one.state().as_str_name();
        let why = one.error.map(|error| error.message).unwrap_or_default();
        let row = view! {
            <li class="list-row">
                <div class="list-row-text">
                    <a class="link font-medium" href=href>
                        {one.slug}
                    </a>
                    <p class="text-muted">{why}</p>
                </div>
                <StateBadge state=state />
            </li>
        };
        row.into_any()
    };
    view! {
        <Load data=data what="The failing instances" let:it>
            {move || {
                let rows = it.get().failing_deployments.into_iter().map(row).collect();
                let all = ("All failing", "/master/deployments?state=UNHEALTHY,FAILED".to_owned());
                rows_card("Failing instances", all, rows, Icon::Success, ("All is well", "No instance has failed or is unhealthy."))
            }}
        </Load>
    }
}

/// Invoices that should have been paid by now.
#[component]
pub fn Overdue(data: Remote<pb::MasterDashboard>) -> impl IntoView {
    let row = |one: pb::Invoice| {
        let href = format!("/master/invoices/{}", one.id);
        let (state, overdue) = (one.state(), one.overdue);
        let row = view! {
            <li class="list-row">
                <div class="list-row-text">
                    <a class="link font-medium" href=href>
                        {invoice_name(&one)}
                    </a>
                    <p class="text-muted">
                        <NameOf id=one.tenant_id />
                        ", due "
                        <When at=one.due_time />
                    </p>
                </div>
                <InvoiceBadges state=state overdue=overdue />
                <strong class="num font-medium">
                    <Amount money=one.amount_due />
                </strong>
            </li>
        };
        row.into_any()
    };
    view! {
        <Load data=data what="The overdue invoices" let:it>
            {move || {
                let rows = it.get().overdue_invoice_list.into_iter().map(row).collect();
                let all = ("All overdue", format!("/master/invoices?overdue={}", iso(now())));
                rows_card("Overdue invoices", all, rows, Icon::Success, ("Nothing is overdue", "Every invoice is paid or not due yet."))
            }}
        </Load>
    }
}

/// The tenants by their state.
#[component]
pub fn ByState(data: Remote<pb::MasterDashboard>) -> impl IntoView {
    let part = |one: &pb::TenantCount| {
        let name = one.state().as_str_name();
        Part {
            label: state_word(name),
            value: one.count as f64,
            text: count_text(one.count),
            tone: state_tone(name),
            href: Some(format!("/master/tenants?state={}", name.trim_start_matches("TENANT_STATE_"))),
        }
    };
    view! {
        <Load data=data what="The tenants" let:it>
            <Card title="Tenants by state">
                {move || match it.with(|it| it.tenants.is_empty()) {
                    true => {
                        view! {
                            <EmptyState icon=Icon::Building title="No tenants yet" text="Onboard the first one to see it here.">
                                <a class="btn btn-primary" href="/master/tenants/new">
                                    "Onboard tenant"
                                </a>
                            </EmptyState>
                        }
                            .into_any()
                    }
                    false => {
                        let parts = Signal::derive(move || it.with(|it| it.tenants.iter().map(part).collect::<Vec<_>>()));
                        view! { <StackBar label="Tenants by state" parts=parts /> }.into_any()
                    }
                }}
            </Card>
        </Load>
    }
}

/// Operations at work, and the last ones that failed.
#[component]
pub fn Work(data: Remote<pb::MasterDashboard>) -> impl IntoView {
    view! {
        <Load data=data what="The operations" let:it>
            {move || {
                let rows = it.get().operations.into_iter().map(|one| operations::row(one).into_any()).collect();
                let all = ("All operations", "/master/operations".to_owned());
                let none = ("Nothing is at work", "Onboardings and purges that are at work or failed are shown here.");
                rows_card("Operations", all, rows, Icon::Clock, none)
            }}
        </Load>
    }
}
