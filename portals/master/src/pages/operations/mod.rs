//! Operations: long work in steps.

mod detail;
mod hand_over;
mod list;

pub use detail::OperationPage;
pub use list::Operations;

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{StateBadge, When};

/// An operation in a short list.
pub fn row(operation: pb::Operation) -> impl IntoView {
    let (href, name) = (format!("/master/operations/{}", operation.id), title(&operation));
    let (state, step) = (operation.state().as_str_name(), current_step(&operation));
    view! {
        <li class="list-row">
            <div class="list-row-text">
                <a class="link font-medium" href=href>
                    {name}
                </a>
                <p class="text-muted">{step}</p>
            </div>
            <StateBadge state=state />
            <span class="text-muted tip-end">
                <When at=operation.create_time />
            </span>
        </li>
    }
}

/// What an operation does, as a title: `Onboarding of Acme Fiber`.
pub fn title(operation: &pb::Operation) -> String {
    let what = match operation.kind() {
        pb::OperationKind::Unspecified => "Work on",
        pb::OperationKind::Onboard => "Onboarding of",
        pb::OperationKind::Purge => "Purge of",
    };
    format!("{what} {}", operation.tenant_name)
}

/// The step that is at work or failed, or else the last one that was done.
fn current_step(operation: &pb::Operation) -> String {
    use pb::OperationStepState::{Failed, Running, Succeeded};
    let find = |state| operation.steps.iter().rev().find(|step| step.state() == state);
    let step = find(Failed).or_else(|| find(Running)).or_else(|| find(Succeeded));
    step.map(|step| step.title.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_that_matters_is_named() {
        let step = |title: &str, state: pb::OperationStepState| pb::OperationStep {
            title: title.into(),
            state: state.into(),
            ..Default::default()
        };
        let with = |steps| {
            current_step(&pb::Operation {
                steps,
                ..Default::default()
            })
        };
        use pb::OperationStepState::{Failed, Pending, Running, Succeeded, Undone};
        assert_eq!(with(vec![step("a", Succeeded), step("b", Running), step("c", Pending)]), "b");
        assert_eq!(with(vec![step("a", Undone), step("b", Failed), step("c", Pending)]), "b");
        assert_eq!(with(vec![step("a", Succeeded), step("b", Succeeded)]), "b");
        assert_eq!(with(vec![step("a", Pending)]), "");
    }
}
