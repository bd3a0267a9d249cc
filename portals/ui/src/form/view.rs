//! The form itself: sends once, sums up what is wrong, asks before changes are lost.

use std::{future::Future, pin::Pin};

use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    leave::LeaveGuard,
    state::{FormState, Registered},
};
use crate::{
    dom,
    failure::{Failure, FailureNotice},
    icon::{Icon, IconView},
};

/// A form. `action` is called once for each try that passes the check; until it ends the form cannot be sent again. Remarks of the
/// server land on their fields, other failures above the form. Ctrl+Enter sends.
#[component]
pub fn Form<A, Fut>(
    /// Its state.
    state: FormState,
    /// Sends it.
    action: A,
    /// What a failure is called that concerns no field.
    #[prop(default = "Nothing was changed")]
    when_refused: &'static str,
    /// Leaving the page with changes asks no question, as for a sign-in.
    #[prop(optional)]
    unguarded: bool,
    /// The fields and a [`FormActions`] or [`SubmitButton`].
    children: Children,
) -> impl IntoView
where
    A: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<(), Failure>> + 'static,
{
    frame(state, Box::new(move || Box::pin(action())), when_refused, unguarded, children)
}

impl FormState {
    /// Asks the server what it thinks of the values, without saving them: what is wrong is told as if they had been sent.
    pub fn ask(self, question: impl Future<Output = Result<(), Failure>> + 'static) {
        if self.begin() {
            spawn_local(async move {
                self.tell(question.await);
            });
        }
    }
}

/// What a form does when it is sent.
type Action = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Failure>>>>>;

/// What is the same for all forms.
fn frame(state: FormState, action: Action, when_refused: &'static str, unguarded: bool, children: Children) -> AnyView {
    provide_context(state);
    crate::dialog::announce_to_dialog(state);
    let form = NodeRef::<html::Form>::new();
    wait_for_presses(state);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if state.begin() {
            let answer = action();
            spawn_local(async move {
                let answer = answer.await;
                let failed = answer.is_err();
                state.end(answer);
                if failed {
                    focus_problem(form);
                }
            });
        } else {
            focus_problem(form);
        }
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            if let Some(form) = form.get_untracked() {
                let _ = form.request_submit();
            }
        }
    };
    let failure = move || {
        state.failure().get().map(|failure| {
            let title = match failure.uncertain {
                true => "It is not known whether this was saved",
                false => when_refused,
            };
            view! { <FailureNotice title=title failure=Signal::stored(failure) /> }
        })
    };
    view! {
        <form
            node_ref=form
            class="form"
            novalidate=true
            aria-busy=move || state.busy().get().to_string()
            on:submit=submit
            on:keydown=on_keydown
        >
            <ErrorSummary state=state />
            {failure}
            {children()}
            {(!unguarded).then(|| view! { <LeaveGuard state=state /> })}
        </form>
    }
    .into_any()
}

/// Tells the form when a pointer goes down, and when the click that follows from it is over.
fn wait_for_presses(state: FormState) {
    let down = window_event_listener(ev::pointerdown, move |_| state.press());
    let over = move || set_timeout(move || state.release(), std::time::Duration::ZERO);
    let up = window_event_listener(ev::pointerup, move |_| over());
    let cancel = window_event_listener(ev::pointercancel, move |_| over());
    on_cleanup(move || {
        for listener in [down, up, cancel] {
            listener.remove();
        }
    });
}

/// Moves the focus to the first wrong field, or to what says why nothing was saved.
fn focus_problem(form: NodeRef<html::Form>) {
    dom::after_layout(move || {
        let Some(form) = form.get_untracked() else { return };
        let found = ["[aria-invalid='true']", ".form-summary", "[role='alert']"]
            .iter()
            .find_map(|what| form.query_selector(what).ok().flatten());
        dom::focus(found.and_then(|element| element.dyn_into().ok()));
    });
}

/// Everything that is wrong, each as a link to its field.
#[component]
fn ErrorSummary(state: FormState) -> impl IntoView {
    let item = |(field, message): (Option<Registered>, String)| match field {
        Some(field) => {
            let id = field.id.clone();
            let go = move |event: ev::MouseEvent| {
                event.prevent_default();
                event.stop_propagation();
                dom::focus_id(&id);
            };
            view! {
                <li>
                    <a href=format!("#{}", field.id) on:click=go>
                        {field.label}
                    </a>
                    ": "
                    {message}
                </li>
            }
            .into_any()
        }
        None => view! { <li>{message}</li> }.into_any(),
    };
    let key =
        |(field, message): &(Option<super::state::Registered>, String)| (field.as_ref().map(|field| field.id.clone()), message.clone());
    let refused = Memo::new(move |_| state.refused());
    view! {
        <Show when=move || refused.get()>
            <div class="notice notice-error form-summary" role="alert" tabindex="-1">
                <IconView icon=Icon::Failure />
                <div class="notice-text">
                    <p class="notice-title">"Nothing was saved yet. Please correct:"</p>
                    <ul>
                        <For each=move || state.summary() key=key children=item />
                    </ul>
                </div>
            </div>
        </Show>
    }
}

/// A group of fields with a heading.
#[component]
pub fn FormSection(
    /// The heading.
    #[prop(into)]
    title: String,
    /// What the group is for.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! {
        <fieldset class="form-section">
            <legend class="form-section-title">{title}</legend>
            {hint.map(|hint| view! { <p class="form-section-hint">{hint}</p> })}
            <div class="form-fields">{children()}</div>
        </fieldset>
    }
}

/// The button that sends the form around it; it shows when that is going on.
#[component]
pub fn SubmitButton(
    /// Its text: a verb and what it does, such as `Create tenant`.
    #[prop(into)]
    label: String,
    /// It takes something away.
    #[prop(optional)]
    danger: bool,
    /// Something else keeps it from being pressed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let state = use_context::<FormState>();
    let busy = move || state.is_some_and(|state| state.busy().get());
    view! {
        <button
            type="submit"
            class=if danger { "btn btn-error" } else { "btn btn-primary" }
            disabled=move || busy() || disabled.get()
        >
            <Show when=busy>
                <span class="loading loading-spinner loading-xs" aria-hidden="true"></span>
            </Show>
            {label}
            {move || busy().then(|| view! { <span class="sr-only">", under way"</span> })}
        </button>
    }
}

/// The sticky row at the end of a form's page: cancel, further actions, send.
#[component]
pub fn FormActions(
    /// The text of the button that sends.
    #[prop(into)]
    submit: String,
    /// Where cancelling leads.
    #[prop(into)]
    cancel: String,
    /// Further actions.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="form-actions">
            <SubmitButton label=submit />
            <a class="btn btn-plain" href=cancel>
                "Cancel"
            </a>
            {children.map(|children| children())}
        </div>
    }
}
