//! The question before something is suspended.

use std::future::Future;

use leptos::prelude::*;
use portal_ui::{Dialog, DialogActions, Failure, Form, FormState, TextArea, Violations, bind};

/// Why.
#[derive(Clone, Default)]
struct Reason {
    reason: String,
}

impl Reason {
    fn wrong(&self) -> Violations {
        match self.reason.trim().chars().count() {
            1..=200 => Violations::new(),
            _ => vec![("reason".into(), "Enter a reason of 1 to 200 characters.".into())],
        }
    }
}

/// Asks for the reason that the tenant reads.
#[component]
pub fn SuspendDialog<A, Fut>(
    /// Whether it is open; it closes itself when the action succeeded.
    open: RwSignal<bool>,
    /// The question: `Suspend Acme Fiber?`.
    title: Signal<String>,
    /// The text of the button: `Suspend tenant`.
    confirm: &'static str,
    /// What it means.
    text: &'static str,
    /// What is done, for the reason.
    action: A,
) -> impl IntoView
where
    A: Fn(String) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + 'static,
{
    view! {
        <Dialog open=open title=title>
            {
                let form = RwSignal::new(Reason::default());
                let state = FormState::new(move || form.with_untracked(Reason::wrong));
                let run = move || {
                    let reason = form.with_untracked(|form| form.reason.trim().to_owned());
                    async move {
                        action(reason).await?;
                        open.set(false);
                        Ok(())
                    }
                };
                view! {
                    <Form state=state action=run unguarded=true>
                        <div class="dialog-text">
                            <p>{text}</p>
                        </div>
                        <TextArea label="Reason" path="reason" value=bind!(form.reason) hint="The tenant reads it." />
                        <DialogActions open=open submit=confirm danger=true />
                    </Form>
                }
            }
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_needed() {
        let wrong = |reason: &str| !Reason { reason: reason.into() }.wrong().is_empty();
        assert!(wrong("  ") && wrong(&"x".repeat(201)) && !wrong("Invoices are overdue"));
    }
}
