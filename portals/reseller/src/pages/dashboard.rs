//! How the business is doing: customers, what they are worth, what was earned.

use std::cmp::Ordering;

use leptos::prelude::*;
use portal_app::{Me, load};
use portal_client::pb;
use portal_ui::{
    Amounts, Card, Delta, EmptyState, Fact, Facts, Icon, Kpi, KpiTile, Load, PageHeading, Part, SkeletonDashboard, StackBar, StateBadge,
    When, amounts_text, iso, money_text, now, rate_text, state_tone, state_word,
};

use super::customers;

const DAY_MS: i64 = 86_400_000;

/// The page.
#[component]
pub fn Dashboard() -> impl IntoView {
    let me = Me::here();
    let dashboard = load(move || async move { me.client().reseller().get_dashboard(pb::GetDashboardRequest {}).await });
    let kpi = move |of: fn(&pb::ResellerDashboard) -> Kpi| dashboard.part(of);
    let month = format!("/reseller/commissions?earned=from:{}", &iso(now() - 30 * DAY_MS)[..10]);
    view! {
        <PageHeading title="Dashboard" />
        <Load data=dashboard what="The dashboard" skeleton=ViewFn::from(|| view! { <SkeletonDashboard /> }) let:now>
            <div class="kpi-grid">
                <KpiTile label="Active customers" data=kpi(active) href="/reseller/customers?state=ACTIVE" />
                <KpiTile label="Their monthly revenue" data=kpi(|it| plain(&it.mrr)) href="/reseller/customers?state=ACTIVE,SUSPENDED" />
                <KpiTile label="Earned in 30 days" data=kpi(earned) href=month.clone() />
                <KpiTile label="Can be paid out" data=kpi(|it| plain(&it.approved)) href="/reseller/commissions?state=APPROVED" />
            </div>
            <Lower now=now />
        </Load>
    }
}

/// How many customers stand in a state.
fn count(dashboard: &pb::ResellerDashboard, state: pb::TenantState) -> i64 {
    let found = dashboard.customers.iter().find(|count| count.state() == state);
    found.map_or(0, |count| count.count)
}

fn active(dashboard: &pb::ResellerDashboard) -> Kpi {
    Kpi {
        value: count(dashboard, pb::TenantState::Active).to_string(),
        delta: None,
    }
}

/// Amounts as a number; nothing is a number too.
fn plain(amounts: &[pb::Money]) -> Kpi {
    Kpi {
        value: match amounts {
            [] => "0".to_owned(),
            amounts => amounts_text(amounts),
        },
        delta: None,
    }
}

/// What was earned, and the change against the 30 days before in each currency.
fn earned(dashboard: &pb::ResellerDashboard) -> Kpi {
    Kpi {
        delta: change(&dashboard.earned, &dashboard.previous_earned),
        ..plain(&dashboard.earned)
    }
}

/// The difference in each currency in words. Amounts in different currencies are not added up, so where they point in different directions the
/// change has none.
fn change(now: &[pb::Money], before: &[pb::Money]) -> Option<Delta> {
    let mut currencies: Vec<&str> = now.iter().chain(before).map(|money| money.currency_code.as_str()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let of = |list: &[pb::Money], currency: &str| {
        let found = list.iter().find(|money| money.currency_code == currency);
        found.map_or(0, |money| money.minor_units)
    };
    let differences: Vec<(i64, &str)> = currencies
        .into_iter()
        .map(|currency| (of(now, currency).saturating_sub(of(before, currency)), currency))
        .collect();
    let signs = || differences.iter().map(|(difference, _)| difference.cmp(&0));
    let direction = match (signs().any(Ordering::is_gt), signs().any(Ordering::is_lt)) {
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => Ordering::Equal,
    };
    let words = differences
        .iter()
        .filter(|(difference, _)| *difference != 0)
        .map(|(difference, currency)| {
            let word = if *difference > 0 { "more" } else { "less" };
            format!("{} {word}", money_text(difference.saturating_abs(), currency))
        });
    let words: Vec<String> = words.collect();
    let text = match words.is_empty() {
        true if differences.is_empty() => return None,
        true => "As much as in the 30 days before".to_owned(),
        false => format!("{} than in the 30 days before", words.join(", ")),
    };
    Some(Delta {
        text,
        direction,
        good: match direction {
            Ordering::Greater => Some(true),
            Ordering::Less => Some(false),
            Ordering::Equal => None,
        },
    })
}

/// Customers by state, what was earned by state, the newest customers, the terms.
#[component]
fn Lower(now: Signal<pb::ResellerDashboard>) -> impl IntoView {
    let parts = Signal::derive(move || now.with(|it| it.customers.iter().map(part).collect::<Vec<_>>()));
    let by_state = move || {
        match parts.with(Vec::is_empty) {
        true => view! {
            <EmptyState icon=Icon::Building title="No customers yet" text="They are counted here by their state as soon as the first one is onboarded." />
        }
        .into_any(),
        false => view! { <StackBar label="Customers by state" parts=parts /> }.into_any(),
    }
    };
    view! {
        <div class="grid-2">
            <Card title="Customers by state">{by_state}</Card>
            <Card title="Commissions not paid yet" action=|| view! { <a class="link" href="/reseller/commissions">"All commissions"</a> }>
                {move || unpaid(&now.get())}
            </Card>
            <Card title="Newest customers" flush=true action=|| view! { <a class="link" href="/reseller/customers">"All customers"</a> }>
                {move || newest(now.get().newest_customers)}
            </Card>
            <Card title="Your terms">{move || terms(now.get().reseller.unwrap_or_default().agreement.unwrap_or_default())}</Card>
        </div>
    }
}

fn part(count: &pb::TenantCount) -> Part {
    let name = count.state().as_str_name();
    let word = name.trim_start_matches("TENANT_STATE_");
    Part {
        label: state_word(name),
        value: count.count as f64,
        text: count.count.to_string(),
        tone: state_tone(name),
        href: Some(format!("/reseller/customers?state={word}")),
    }
}

fn unpaid(now: &pb::ResellerDashboard) -> impl IntoView + use<> {
    let (pending, approved) = (now.pending.clone(), now.approved.clone());
    view! {
        <dl class="sum">
            <div class="sum-line">
                <dt>
                    <a class="link" href="/reseller/commissions?state=PENDING">"Pending"</a>
                    <span class="sum-note">"Held until the customer can no longer take the payment back"</span>
                </dt>
                <dd class="num">
                    <Amounts amounts=pending />
                </dd>
            </div>
            <div class="sum-line">
                <dt>
                    <a class="link" href="/reseller/commissions?state=APPROVED">"Approved"</a>
                    <span class="sum-note">"Can be paid out to you"</span>
                </dt>
                <dd class="num">
                    <Amounts amounts=approved />
                </dd>
            </div>
        </dl>
    }
}

fn newest(list: Vec<pb::Tenant>) -> AnyView {
    if list.is_empty() {
        return view! {
            <EmptyState icon=Icon::Building title="No customers yet" text="The ISPs that you bring appear here, the newest first." />
        }
        .into_any();
    }
    let row = |it: pb::Tenant| {
        let (state, href) = (it.state().as_str_name(), customers::href(&it));
        view! {
            <li class="list-row">
                <div class="list-row-text">
                    <a class="link font-medium" href=href>
                        {it.display_name}
                    </a>
                    <p class="text-muted"><When at=it.create_time /></p>
                </div>
                <StateBadge state=state />
            </li>
        }
    };
    view! { <ul>{list.into_iter().map(row).collect_view()}</ul> }.into_any()
}

/// The agreement in words.
fn terms(agreement: pb::CommissionAgreement) -> impl IntoView {
    let later = match agreement.recurring_invoices {
        0 => "Every later invoice".to_owned(),
        1 => "The one after the first".to_owned(),
        count => format!("The {count} after the first"),
    };
    let hold = match agreement.hold_days {
        0 => "Not held".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    view! {
        <Facts>
            <Fact label="On a customer\u{2019}s first invoice">{rate_text(agreement.initial_rate_ppm)}</Fact>
            <Fact label="On later invoices">{rate_text(agreement.recurring_rate_ppm)}</Fact>
            <Fact label="Which later invoices">{later}</Fact>
            <Fact label="Held for">{hold}</Fact>
            <Fact label="Version of the agreement">{agreement.version.to_string()}</Fact>
        </Facts>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor_units: i64, currency: &str) -> pb::Money {
        pb::Money {
            currency_code: currency.into(),
            minor_units,
        }
    }

    #[test]
    fn the_change_is_told_for_each_currency() {
        let more = change(&[money(500, "EUR")], &[money(200, "EUR")]).expect("two periods");
        assert_eq!(more.text, "3.00 EUR more than in the 30 days before");
        assert_eq!((more.direction, more.good), (Ordering::Greater, Some(true)));
        let mixed = change(&[money(500, "EUR"), money(1, "USD")], &[money(900, "EUR")]).expect("two periods");
        assert_eq!(mixed.text, "4.00 EUR less, 0.01 USD more than in the 30 days before");
        assert_eq!((mixed.direction, mixed.good), (Ordering::Equal, None));
        let same = change(&[money(5, "EUR")], &[money(5, "EUR")]).expect("two periods");
        assert_eq!(same.text, "As much as in the 30 days before");
        assert!(change(&[], &[]).is_none());
    }

    #[test]
    fn parts_lead_to_the_list_behind_them() {
        let part = part(&pb::TenantCount {
            state: pb::TenantState::Suspended.into(),
            count: 3,
        });
        assert_eq!((part.label.as_str(), part.text.as_str()), ("Suspended", "3"));
        assert_eq!(part.href.as_deref(), Some("/reseller/customers?state=SUSPENDED"));
    }
}
