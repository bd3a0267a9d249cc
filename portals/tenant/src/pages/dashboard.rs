//! How the account is doing: the instance, what is to be paid, what comes next.

use leptos::prelude::*;
use portal_app::{Filters, Live, LiveBanner, Me, keep_list_live, load, samples};
use portal_client::pb;
use portal_ui::{
    Card, EmptyState, Icon, LineChart, Load, PageHeading, Remote, SkeletonDashboard, StateBadge, Tile, When, amount_text, amounts_text,
    cadence_word, iso, short_number,
    view::{self, InvoiceBadges, invoice_name, period_text},
};

use super::{invoices, todo::FirstSteps};
use crate::banner::OPEN_INVOICES;

/// The page.
#[component]
pub fn Dashboard() -> impl IntoView {
    let me = Me::here();
    let dashboard = load(move || async move { me.client().tenant().get_dashboard(pb::GetDashboardRequest {}).await });
    // The instances change by themselves; the rest is as it was when the page was opened.
    let deployments = Remote::empty();
    Effect::new(move |_| {
        // The watch may have told newer ones already.
        if let (Some(dashboard), None) = (dashboard.value().get(), deployments.value().get_untracked()) {
            deployments.set(dashboard.deployments);
        }
    });
    let live = keep_list_live(deployments);
    view! {
        <PageHeading title="Dashboard" />
        <Load data=dashboard what="The dashboard" skeleton=ViewFn::from(|| view! { <SkeletonDashboard /> }) let:now>
            <Shown now=now deployments=deployments live=live />
        </Load>
    }
}

#[component]
fn Shown(now: Signal<pb::TenantDashboard>, deployments: Remote<Vec<pb::Deployment>>, live: Live) -> impl IntoView {
    let me = Me::here();
    let list = Signal::derive(move || deployments.value().get().unwrap_or_default());
    let first_id = Memo::new(move |_| list.with(|list| list.first().map(|it| it.id.clone())));
    let overdue = load(move || async move {
        let request = pb::ListInvoicesRequest {
            page_size: 1,
            filter: Filters::new()
                .any("state", &["OPEN".into(), "PARTLY_PAID".into()])
                .and(format!("due_time < \"{}\"", iso(portal_ui::now())))
                .text(),
            ..Default::default()
        };
        Ok(me.list_invoices(request).await?.total_size)
    });
    let todo = move || {
        let may = me.may("UpdateTenantSettings") || me.may("InviteUser");
        may.then(|| view! { <FirstSteps deployments=list /> })
    };
    view! {
        <div class="stack">
            <LiveBanner live=live />
            <div class="kpi-grid">
                <Tile label="Instance" href="/tenant/instance">
                    {move || instance_tile(&list.get())}
                </Tile>
                <Tile label="Next invoice" href="/tenant/invoices">
                    {move || next_invoice(&now.get())}
                </Tile>
                <Tile label="Left to pay" href=OPEN_INVOICES>
                    {move || left_to_pay(&now.get(), overdue.value().get())}
                </Tile>
                <Tile label="Plan" href="/tenant/invoices">
                    {move || plan(&now.get())}
                </Tile>
            </div>
            {move || first_id.get().map(|id| view! { <Requests id=id /> })}
            <div class="grid-2">
                {todo}
                <Card title="Newest invoices" flush=true action=|| view! { <a class="link" href="/tenant/invoices">"All invoices"</a> }>
                    {move || newest(now.get().invoices)}
                </Card>
            </div>
        </div>
    }
}

/// How the instances do: the one, or how many of them run.
fn instance_tile(list: &[pb::Deployment]) -> AnyView {
    match list {
        [] => view! {
            <p class="kpi-value">"None yet"</p>
            <p class="kpi-note">"Your provider sets it up."</p>
        }
        .into_any(),
        [one] => {
            let (state, since) = (one.state().as_str_name(), one.start_time);
            let note = match since {
                Some(_) => view! { <p class="kpi-note">"Since " <When at=since /></p> }.into_any(),
                None => view! { <p class="kpi-note">"It does not run."</p> }.into_any(),
            };
            view! {
                <p class="kpi-value">
                    <StateBadge state=state />
                </p>
                {note}
            }
            .into_any()
        }
        several => {
            let running = several.iter().filter(|it| it.state() == pb::DeploymentState::Running).count();
            view! {
                <p class="kpi-value">{format!("{running} of {}", several.len())}</p>
                <p class="kpi-note">"are running and healthy"</p>
            }
            .into_any()
        }
    }
}

fn next_invoice(now: &pb::TenantDashboard) -> AnyView {
    let at = now.subscription.as_ref().and_then(|subscription| subscription.next_invoice_time);
    match (&now.next_invoice_amount, at) {
        (Some(_), at) => view! {
            <p class="kpi-value">{amount_text(&now.next_invoice_amount)}</p>
            <p class="kpi-note">{at.map(|at| view! { "Made " <When at=Some(at) /> })}</p>
        }
        .into_any(),
        (None, _) => view! {
            <p class="kpi-value">"None"</p>
            <p class="kpi-note">"Nothing is billed at the moment."</p>
        }
        .into_any(),
    }
}

/// What is owed, and how many of the invoices should have been paid by now.
fn left_to_pay(now: &pb::TenantDashboard, overdue: Option<i64>) -> AnyView {
    if now.open_amount.iter().all(|money| money.minor_units == 0) {
        return view! {
            <p class="kpi-value">"Nothing"</p>
            <p class="kpi-note">"All invoices are paid."</p>
        }
        .into_any();
    }
    let note = match overdue {
        None => ().into_any(),
        Some(0) => view! { <p class="kpi-note">"None of it is overdue."</p> }.into_any(),
        Some(1) => view! { <p class="kpi-note text-error-ink">"One invoice is overdue."</p> }.into_any(),
        Some(count) => view! { <p class="kpi-note text-error-ink">{format!("{count} invoices are overdue.")}</p> }.into_any(),
    };
    view! {
        <p class="kpi-value">{amounts_text(&now.open_amount)}</p>
        {note}
    }
    .into_any()
}

fn plan(now: &pb::TenantDashboard) -> AnyView {
    match &now.subscription {
        Some(subscription) => {
            let price = format!("{} {}", amount_text(&subscription.amount), cadence_text(subscription.cadence()));
            let state = subscription.state();
            let badge = (state != pb::SubscriptionState::Active).then(|| view! { <StateBadge state=state.as_str_name() /> });
            view! {
                <p class="kpi-value">{now.plan_name.clone()}</p>
                <p class="kpi-note">{price} " " {badge}</p>
            }
            .into_any()
        }
        None => view! {
            <p class="kpi-value">"None"</p>
            <p class="kpi-note">"There is no running subscription."</p>
        }
        .into_any(),
    }
}

/// `a month`, behind an amount.
fn cadence_text(cadence: pb::Cadence) -> String {
    match cadence_word(cadence) {
        "" => String::new(),
        word => format!("a {word}"),
    }
}

/// The wide chart.
#[component]
fn Requests(id: String) -> impl IntoView {
    let series = samples(id).map(|samples| view::request_series(samples));
    view! {
        <Card title="Requests to your instance a minute" action=|| view! { <a class="link" href="/tenant/instance">"All measurements"</a> }>
            <LineChart
                label="Requests a minute, last hour"
                data=series
                format=short_number
                empty="It is measured every 15 seconds while it runs."
            />
        </Card>
    }
}

fn newest(list: Vec<pb::Invoice>) -> AnyView {
    if list.is_empty() {
        return view! {
            <EmptyState
                icon=Icon::Document
                title="No invoices yet"
                text="The first one is made when your instance is up for the first time."
            />
        }
        .into_any();
    }
    let row = |invoice: pb::Invoice| {
        view! {
            <li class="list-row">
                <div class="list-row-text">
                    <a class="link font-medium" href=invoices::href(&invoice)>
                        {invoice_name(&invoice)}
                    </a>
                    <p class="text-muted">{period_text(&invoice.period_start, &invoice.period_end)}</p>
                </div>
                <InvoiceBadges state=invoice.state() overdue=invoice.overdue />
                <span class="num">{amount_text(&invoice.total)}</span>
            </li>
        }
    };
    view! { <ul>{list.into_iter().map(row).collect_view()}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cadence_follows_its_amount() {
        assert_eq!(cadence_text(pb::Cadence::Quarterly), "a quarter");
        assert_eq!(cadence_text(pb::Cadence::Unspecified), "");
    }
}
