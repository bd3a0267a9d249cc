//! The business at a glance, and what needs attention now.

mod figures;
mod lists;
mod tiles;

use std::time::Duration;

use leptos::prelude::*;
use portal_app::{Me, load};
use portal_client::pb;
use portal_ui::{Card, LineChart, Load, PageHeading, SkeletonDashboard, dom};

use figures::{mrr_series, short_amount};
use lists::{Attention, ByState, Overdue, Work};
use tiles::Tiles;

/// How often the figures are asked for again.
const EVERY: Duration = Duration::from_secs(30);

/// The page.
#[component]
pub fn Dashboard() -> impl IntoView {
    let me = Me::here();
    let data = load(move || async move { me.client().master().get_dashboard(pb::GetDashboardRequest {}).await });
    let again = move || {
        if dom::document().is_some_and(|page| !page.hidden()) {
            data.reload();
        }
    };
    let timer = set_interval_with_handle(again, EVERY);
    on_cleanup(move || {
        if let Ok(timer) = timer {
            timer.clear();
        }
    });
    let shown = data.part(Clone::clone);
    let history = data.part(|it| mrr_series(&it.mrr_history));
    view! {
        <PageHeading title="Dashboard" />
        <Load data=data what="The dashboard" skeleton=ViewFn::from(|| view! { <SkeletonDashboard /> }) let:_now>
            <Tiles data=shown />
            <Card title="Monthly recurring revenue">
                <LineChart
                    label="Monthly recurring revenue of the last 12 months"
                    data=history
                    format=short_amount
                    by_month=true
                    empty="Revenue is shown here from the first subscription on."
                />
            </Card>
            <div class="grid-2">
                <Attention data=shown />
                <Overdue data=shown />
                <ByState data=shown />
                <Work data=shown />
            </div>
        </Load>
    }
}
