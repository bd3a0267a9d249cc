//! The four figures, each with the list behind it.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Amounts, Kpi, KpiTile, Load, Remote, Tile, amounts_text, iso, now};

use super::figures::{count_text, failing_count, mrr_delta, new_tenants, tenants_in};

/// The row of tiles.
#[component]
pub fn Tiles(data: Remote<pb::MasterDashboard>) -> impl IntoView {
    let tenants = data.map(|it| Kpi {
        value: count_text(tenants_in(it, pb::TenantState::Active)),
        delta: Some(new_tenants(it.new_tenants, it.previous_new_tenants)),
    });
    let tile = move |make: fn(pb::MasterDashboard) -> AnyView, what: &'static str| {
        let skeleton = ViewFn::from(|| view! { <div class="kpi-skeleton" role="status"><span class="sr-only">"Loading"</span></div> });
        view! {
            <Load data=data what=what skeleton=skeleton let:it>
                {move || make(it.get())}
            </Load>
        }
    };
    let overdue = format!("/master/invoices?overdue={}", iso(now()));
    view! {
        <div class="kpi-grid">
            <KpiTile label="Active tenants" data=tenants href="/master/tenants?state=ACTIVE" />
            <Tile label="Monthly recurring revenue" href="/master/tenants?state=ACTIVE">
                {tile(revenue, "The revenue")}
            </Tile>
            <Tile label="Failing instances" href="/master/deployments?state=UNHEALTHY,FAILED">
                {tile(failing, "The instances")}
            </Tile>
            <Tile label="Overdue invoices" href=overdue>
                {tile(overdue_sum, "The invoices")}
            </Tile>
        </div>
    }
}

fn revenue(it: pb::MasterDashboard) -> AnyView {
    let delta = mrr_delta(&it.mrr, &it.previous_mrr);
    view! {
        <p class="kpi-value">
            <Amounts amounts=it.mrr />
        </p>
        {delta.map(portal_ui::delta)}
    }
    .into_any()
}

fn failing(it: pb::MasterDashboard) -> AnyView {
    let all: i64 = it.deployments.iter().map(|one| one.count).sum();
    let instances = if all == 1 { "instance" } else { "instances" };
    view! {
        <p class="kpi-value">{count_text(failing_count(&it))}</p>
        <p class="kpi-note">{format!("of {} {instances}", count_text(all))}</p>
    }
    .into_any()
}

fn overdue_sum(it: pb::MasterDashboard) -> AnyView {
    let note = match it.overdue.is_empty() {
        true => "Nothing is overdue".to_owned(),
        false => format!("{} left to pay", amounts_text(&it.overdue)),
    };
    view! {
        <p class="kpi-value">{count_text(it.overdue_invoices)}</p>
        <p class="kpi-note">{note}</p>
    }
    .into_any()
}
