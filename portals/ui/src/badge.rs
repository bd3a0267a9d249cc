//! States: one word and one colour each, the same in all portals.

use leptos::prelude::*;

use crate::failure::Tone;

/// The word of a state as the contract names it, `DEPLOYMENT_STATE_PAST_DUE` or `past_due`, as a person reads it: `Past due`.
pub fn state_word(name: &str) -> String {
    let word = state_key(name).replace('_', " ");
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The colour of a state.
pub fn state_tone(name: &str) -> Tone {
    match state_key(name).as_str() {
        "active" | "running" | "healthy" | "paid" | "approved" | "succeeded" => Tone::Success,
        "onboarding" | "trialing" | "pending" | "starting" | "stopping" | "open" | "in_payout" | "purging" | "compensating" | "invited" => {
            Tone::Info
        }
        "past_due" | "suspended" | "unhealthy" | "partly_paid" | "undone" => Tone::Warning,
        "failed" | "uncollectible" | "rejected" | "needs_operator" => Tone::Error,
        _ => Tone::Neutral,
    }
}

/// The word alone, in lower case: what follows `..._STATE_` or another prefix that ends in a known kind.
fn state_key(name: &str) -> String {
    let word = ["_STATE_", "HEALTH_"]
        .iter()
        .find_map(|end| Some(name.rsplit_once(end)?.1))
        .unwrap_or(name);
    match word.to_lowercase().as_str() {
        "unspecified" => "unknown".to_owned(),
        word => word.replace(' ', "_"),
    }
}

/// A state as a badge.
#[component]
pub fn StateBadge(
    /// The state's name in the contract (`as_str_name()`) or its word.
    #[prop(into)]
    state: Signal<String>,
) -> impl IntoView {
    view! {
        <span class=move || format!("badge badge-{}", state_tone(&state.get()).name())>
            <span class="badge-dot" aria-hidden="true"></span>
            {move || state_word(&state.get())}
        </span>
    }
}

/// A short word in a colour of your own choice, for what is no state: a role, a kind.
#[component]
pub fn Badge(
    /// The word.
    #[prop(into)]
    text: Signal<String>,
    /// Its colour.
    #[prop(default = Tone::Neutral)]
    tone: Tone,
) -> impl IntoView {
    view! { <span class=format!("badge badge-{}", tone.name())>{move || text.get()}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_the_enums_own() {
        assert_eq!(state_word("TENANT_STATE_PAST_DUE"), "Past due");
        assert_eq!(state_word("OPERATION_STEP_STATE_RUNNING"), "Running");
        assert_eq!(state_word("HEALTH_HEALTHY"), "Healthy");
        assert_eq!(state_word("onboarding"), "Onboarding");
        assert_eq!(state_word("DEPLOYMENT_STATE_UNSPECIFIED"), "Unknown");
        assert_eq!(state_word(""), "");
    }

    #[test]
    fn the_colour_follows_the_word() {
        assert_eq!(state_tone("DEPLOYMENT_STATE_RUNNING"), Tone::Success);
        assert_eq!(state_tone("past due"), Tone::Warning);
        assert_eq!(state_tone("INVOICE_STATE_UNCOLLECTIBLE"), Tone::Error);
        assert_eq!(state_tone("STOPPED"), Tone::Neutral);
    }
}
