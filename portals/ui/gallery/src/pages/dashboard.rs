//! The dashboard template: four tiles, one wide chart, two lists of what needs attention now.

use std::cmp::Ordering;

use leptos::prelude::*;
use portal_ui::{Card, Delta, Kpi, KpiTile, LineChart, PageHeading, Part, Remote, Series, StackBar, StateBadge, TimeText, Tone, now};

use crate::data;

fn ready<T: Clone + Send + Sync + 'static>(value: T) -> Remote<T> {
    let remote = Remote::empty();
    remote.set(value);
    remote
}

fn kpi(value: &str, text: &str, direction: Ordering, good: Option<bool>) -> Remote<Kpi> {
    let delta = Delta {
        text: text.to_owned(),
        direction,
        good,
    };
    ready(Kpi {
        value: value.to_owned(),
        delta: Some(delta),
    })
}

/// Sixty days of revenue in two currencies.
fn revenue() -> Vec<Series> {
    const DAY: i64 = 86_400_000;
    let mut all = vec![
        data::series("USD", DAY, 42_000.0, 2_600.0, 0.4),
        data::series("EUR", DAY, 18_500.0, 1_400.0, 1.9),
    ];
    for one in &mut all {
        for (at, point) in one.points.iter_mut().enumerate() {
            point.1 = point.1.map(|value| value + at as f64 * 210.0);
        }
    }
    all
}

/// The page.
#[component]
pub fn Dashboard() -> impl IntoView {
    let part = |label: &str, value: f64, tone, state: &str| Part {
        label: label.into(),
        value,
        text: format!("{value}"),
        tone,
        href: Some(format!("/gallery/tenants?state={state}")),
    };
    let parts = vec![
        part("Active", 45.0, Tone::Success, "ACTIVE"),
        part("Onboarding", 9.0, Tone::Info, "ONBOARDING"),
        part("Suspended", 9.0, Tone::Warning, "SUSPENDED"),
        part("Failed", 9.0, Tone::Error, "FAILED"),
    ];
    let attention = [
        ("Nordlicht Fiber", "FAILED", "Its process ended five times in a minute", 14),
        (
            "Blue Harbor Wireless",
            "UNHEALTHY",
            "The health probe fails since its last restart",
            52,
        ),
        ("Delta Telecom", "UNHEALTHY", "No answer within 5 seconds", 190),
    ];
    let attention = attention.map(|(name, state, text, minutes)| {
        view! {
            <li class="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 border-line not-first:border-t">
                <div class="flex-1 min-w-48">
                    <a class="link font-medium" href="/gallery/tenants">{name}</a>
                    <p class="text-muted">{text}</p>
                </div>
                <StateBadge state=state />
                <span class="text-muted"><TimeText at=now() - minutes * 60_000 /></span>
            </li>
        }
    });
    view! {
        <PageHeading title="Dashboard" subtitle=Signal::stored(Some("How the platform is doing right now.".to_owned())) />
        <div class="stack">
            <div class="kpi-grid">
                <KpiTile label="Active tenants" data=kpi("45", "3 more than last month", Ordering::Greater, Some(true)) href="/gallery/tenants?state=ACTIVE" />
                <KpiTile label="Monthly recurring revenue" data=kpi("$48,210.00", "4.1% more than last month", Ordering::Greater, Some(true)) href="/gallery/tenants" />
                <KpiTile label="Failing instances" data=kpi("3", "2 more than yesterday", Ordering::Greater, Some(false)) href="/gallery/tenants?state=FAILED" />
                <KpiTile label="Open invoices" data=kpi("17", "as many as last month", Ordering::Equal, None) href="/gallery/tenants" />
            </div>
            <Card title="Recurring revenue">
                <LineChart label="Recurring revenue by day" data=ready(revenue()) format=|value: f64| format!("{:.0}k", value / 1000.0) by_day=true />
            </Card>
            <div class="grid-2">
                <Card title="Needs attention" flush=true action=|| view! { <a class="link" href="/gallery/tenants?state=FAILED">"All failing"</a> }>
                    <ul>{attention.into_iter().collect_view()}</ul>
                </Card>
                <Card title="Tenants by state">
                    <StackBar label="Tenants by state" parts=Signal::stored(parts) />
                </Card>
            </div>
        </div>
    }
}
