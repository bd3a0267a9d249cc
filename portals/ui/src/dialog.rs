//! Dialogs on the browser's own `<dialog>`: the page behind is inert, the focus goes inside and comes back.

use std::{future::Future, pin::Pin};

use leptos::{html, prelude::*};

use crate::{
    bind, dom,
    failure::Failure,
    form::{Form, FormState, SubmitButton, TextField},
    icon::{Icon, IconView},
};

/// What a dialog knows about the form in it: whether closing would lose changes.
#[derive(Clone, Copy)]
struct Unsaved(RwSignal<Option<FormState>>);

/// Tells the dialog around a form about it.
pub(crate) fn announce_to_dialog(state: FormState) {
    if let Some(unsaved) = use_context::<Unsaved>() {
        unsaved.0.set(Some(state));
        on_cleanup(move || {
            unsaved.0.try_set(None);
        });
    }
}

/// A dialog. Its content is there only while it is open. Escape and the close button close it; with changes in a form inside they ask first.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// It cannot be closed by Escape or a close button, only by what is in it.
    #[prop(optional)]
    held: bool,
    /// More room.
    #[prop(optional)]
    wide: bool,
    /// The content; the last part is usually [`DialogActions`].
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let unsaved = Unsaved(RwSignal::new(None));
    let asking = RwSignal::new(false);
    let title_id = dom::unique_id("dialog");
    let labelled_by = title_id.clone();
    Effect::new(move |_| {
        let open = open.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
            asking.set(false);
        }
    });
    let close = move || {
        let form = unsaved.0.get_untracked();
        if form.is_some_and(|form| form.busy().get_untracked()) {
            return;
        }
        match form.is_some_and(|form| form.dirty().get_untracked()) && !asking.get_untracked() {
            true => asking.set(true),
            false => open.set(false),
        }
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            if !held {
                close();
            }
        } else if let Some(dialog) = dialog.get_untracked() {
            dom::keep_tab_inside(&event, &dialog);
        }
    };
    // The event comes late: by then it may be open again.
    let on_close = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            open.set(false);
        }
    };
    let discard = move |_| {
        asking.set(false);
        open.set(false);
    };
    let children = StoredValue::new(children);
    let content = move || {
        provide_context(unsaved);
        children.with_value(|children| children())
    };
    view! {
        <dialog
            node_ref=dialog
            class="dialog"
            class:dialog-wide=wide
            aria-labelledby=labelled_by
            on:keydown=on_keydown
            on:cancel=|event: web_sys::Event| event.prevent_default()
            on:close=on_close
        >
            <div class="dialog-head">
                <h2 id=title_id>{move || title.get()}</h2>
                {(!held)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn btn-ghost btn-sm btn-square"
                                aria-label="Close"
                                on:click=move |_| close()
                            >
                                <IconView icon=Icon::Close />
                            </button>
                        }
                    })}
            </div>
            <Show when=move || asking.get()>
                <div class="dialog-ask" role="alert">
                    <p>"Your changes are not saved."</p>
                    <button type="button" class="btn btn-plain btn-sm" on:click=move |_| asking.set(false)>
                        "Keep editing"
                    </button>
                    <button type="button" class="btn btn-danger btn-sm" on:click=discard>
                        "Discard"
                    </button>
                </div>
            </Show>
            <Show when=move || open.get()>
                <div class="dialog-body">{content()}</div>
            </Show>
        </dialog>
    }
}

/// The last row of a dialog with a form: the way out, and the button that sends.
#[component]
pub fn DialogActions(
    /// The dialog's; the way out closes it.
    open: RwSignal<bool>,
    /// The text of the button that sends: `Record payment`.
    #[prop(into)]
    submit: String,
    /// The text of the way out.
    #[prop(default = "Cancel")]
    cancel: &'static str,
    /// It takes something away.
    #[prop(optional)]
    danger: bool,
    /// Something else keeps it from being sent.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="dialog-actions">
            <button type="button" class="btn btn-plain" on:click=move |_| open.set(false)>
                {cancel}
            </button>
            <SubmitButton label=submit danger=danger disabled=disabled />
        </div>
    }
}

/// Asks before something is taken away. With a `name` it must be typed to confirm. The content says what is lost.
#[component]
pub fn ConfirmDialog<A, Fut>(
    /// Whether it is open; it closes itself when the action succeeded.
    open: RwSignal<bool>,
    /// The question: `Delete Acme Fiber?`.
    #[prop(into)]
    title: Signal<String>,
    /// The text of the button: `Delete tenant`.
    #[prop(into)]
    confirm: String,
    /// The name that must be typed; none for what is easily undone.
    #[prop(optional, into)]
    name: Signal<Option<String>>,
    /// It takes nothing away: the button has the accent.
    #[prop(optional)]
    harmless: bool,
    /// What is done.
    action: A,
    /// What is lost.
    children: ChildrenFn,
) -> impl IntoView
where
    A: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + 'static,
{
    let action: Action = Box::new(move || Box::pin(action()));
    asked(open, title, confirm, name, harmless, action, children)
}

/// What a dialog does when it is confirmed.
type Action = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Failure>>>> + Send + Sync>;

/// What is the same for all questions.
fn asked(
    open: RwSignal<bool>,
    title: Signal<String>,
    confirm: String,
    name: Signal<Option<String>>,
    harmless: bool,
    action: Action,
    children: ChildrenFn,
) -> AnyView {
    let action = StoredValue::new(action);
    let children = StoredValue::new(children);
    view! {
        <Dialog open=open title=title>
            {
                let typed = RwSignal::new(Typed::default());
                let fits = move || name.get().is_none_or(|name| typed.with(|typed| typed.name.trim() == name.trim()));
                let state = FormState::new(move || match untrack(fits) {
                    true => Vec::new(),
                    false => vec![("name".to_owned(), "Type the name exactly as shown.".to_owned())],
                });
                let run = move || {
                    let work = action.with_value(|action| action());
                    async move {
                        work.await?;
                        open.set(false);
                        Ok(())
                    }
                };
                let confirm = confirm.clone();
                view! {
                    <Form state=state action=run unguarded=true>
                        <div class="dialog-text">{children.with_value(|children| children())}</div>
                        {move || {
                            name.get()
                                .map(|name| {
                                    view! {
                                        <TextField
                                            label=format!("Type \u{201c}{name}\u{201d} to confirm")
                                            path="name"
                                            value=bind!(typed.name)
                                        />
                                    }
                                })
                        }}
                        <DialogActions open=open submit=confirm danger=!harmless disabled=Signal::derive(move || !fits()) />
                    </Form>
                }
            }
        </Dialog>
    }
    .into_any()
}

/// What was typed to confirm.
#[derive(Clone, Default)]
struct Typed {
    name: String,
}

/// The frame for signing in again over the page when a session has ended: what was typed into the page stays. It has no way out but its content.
#[component]
pub fn SignInAgain(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The sign-in form.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Dialog open=open title="Sign in again" held=true>
            <p class="dialog-text">"Your session has ended. Sign in to go on; nothing on this page is lost."</p>
            {children.with_value(|children| children())}
        </Dialog>
    }
}
