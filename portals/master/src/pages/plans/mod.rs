//! Plans: what is sold, and for how much.

mod detail;
mod form;
mod input;
mod list;
mod prices;

pub use detail::PlanPage;
pub use form::{EditPlan, NewPlan};
pub use list::Plans;

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Amount, bytes_text, cadence_word, grouped};

/// A price as a person reads it: `€49.00 a month`.
pub fn price(price: &pb::Price) -> impl IntoView + use<> {
    view! {
        <span class="whitespace-nowrap">
            <Amount money=price.amount.clone() />
            " a "
            {cadence_word(price.cadence())}
        </span>
    }
}

/// What a plan entitles to, in one line.
fn entitlements_text(plan: &pb::Plan) -> String {
    let it = plan.entitlements.unwrap_or_default();
    let instances = if it.deployments == 1 {
        "1 instance".to_owned()
    } else {
        format!("{} instances", it.deployments)
    };
    format!(
        "{instances} of {}, {} subscribers",
        bytes_text(it.memory_bytes),
        most_subscribers(it.subscribers).to_lowercase()
    )
}

/// How many subscribers an ISP may keep.
fn most_subscribers(count: i64) -> String {
    match u64::try_from(count) {
        Ok(0) | Err(_) => "Unlimited".to_owned(),
        Ok(count) => grouped(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entitlements_are_one_line() {
        let plan = pb::Plan {
            entitlements: Some(pb::Entitlements {
                deployments: 2,
                memory_bytes: 512 << 20,
                subscribers: 0,
                users: 5,
            }),
            ..Default::default()
        };
        assert_eq!(entitlements_text(&plan), "2 instances of 512 MB, unlimited subscribers");
        assert_eq!(most_subscribers(2500), "2,500");
    }
}
