//! What went wrong, as a page shows it.

use leptos::prelude::*;

use crate::icon::{Icon, IconView};

/// The server's remarks on single fields: the field's path in the request (`contact.email`) and what is wrong with it.
pub type Violations = Vec<(String, String)>;

/// A call that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// What happened and what to do, in a sentence.
    pub message: String,
    /// Names the call in the server's log.
    pub request_id: Option<String>,
    /// Which fields are wrong.
    pub violations: Violations,
    /// No answer came, so that what was sent may have been done.
    pub uncertain: bool,
    /// What was asked for is not there, or not for this person to see.
    pub missing: bool,
    /// The permission that the role lacks, where that is why.
    pub refused: Option<String>,
}

impl Failure {
    /// A failure of which only the text is known.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }
}

/// A failure as a notice: what happened, what the server says, the request id, and a way to try again.
#[component]
pub fn FailureNotice(
    /// What happened: `The tenants could not be loaded`.
    #[prop(into)]
    title: Signal<String>,
    /// The failure.
    #[prop(into)]
    failure: Signal<Failure>,
    /// Try again was chosen; without it there is no such button.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div class="notice notice-error" role="alert">
            <IconView icon=Icon::Failure />
            <div class="notice-text">
                <p class="notice-title">{move || title.get()}</p>
                <p>{move || failure.get().message}</p>
                {move || {
                    failure
                        .get()
                        .refused
                        .map(|permission| view! { <p class="notice-id">"Missing permission " <code>{permission}</code></p> })
                }}
                {move || {
                    failure.get().request_id.map(|id| view! { <p class="notice-id">"Request id " <code>{id}</code></p> })
                }}
            </div>
            {on_retry.map(|retry| {
                view! {
                    <button type="button" class="btn btn-plain btn-sm" on:click=move |_| retry.run(())>
                        <IconView icon=Icon::Refresh />
                        "Try again"
                    </button>
                }
            })}
        </div>
    }
}

/// A notice that is no failure.
#[component]
pub fn Notice(
    /// Its colour and icon.
    tone: Tone,
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// What it says; may hold links and buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=format!("notice notice-{}", tone.name())>
            <IconView icon=tone.icon() />
            <div class="notice-text">
                <p class="notice-title">{move || title.get()}</p>
                {children.map(|children| children())}
            </div>
        </div>
    }
}

/// The meaning of a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Says nothing about good or bad.
    Neutral,
    /// Under way, or worth knowing.
    Info,
    /// Good.
    Success,
    /// Needs a look.
    Warning,
    /// Bad.
    Error,
}

impl Tone {
    /// The end of the class names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Tone::Neutral => "neutral",
            Tone::Info => "info",
            Tone::Success => "success",
            Tone::Warning => "warning",
            Tone::Error => "error",
        }
    }

    /// The icon beside the words.
    pub(crate) fn icon(self) -> Icon {
        match self {
            Tone::Neutral | Tone::Info => Icon::Info,
            Tone::Success => Icon::Success,
            Tone::Warning => Icon::Warning,
            Tone::Error => Icon::Failure,
        }
    }
}
