//! The steps of long work, as they go on.

use leptos::prelude::*;

use crate::{
    icon::{Icon, IconView},
    time::{TimeText, duration_text},
};

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    Queued,
    /// At work.
    Running,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Done and taken back, or not done because something before it failed.
    Undone,
}

impl StepState {
    /// The word for it.
    fn word(self) -> &'static str {
        match self {
            StepState::Queued => "Queued",
            StepState::Running => "Running",
            StepState::Done => "Done",
            StepState::Failed => "Failed",
            StepState::Undone => "Undone",
        }
    }

    fn icon(self) -> Icon {
        match self {
            StepState::Queued => Icon::Clock,
            StepState::Running => Icon::Refresh,
            StepState::Done => Icon::Success,
            StepState::Failed => Icon::Failure,
            StepState::Undone => Icon::Undo,
        }
    }

    fn class(self) -> &'static str {
        match self {
            StepState::Queued => "step-queued",
            StepState::Running => "step-running",
            StepState::Done => "step-done",
            StepState::Failed => "step-failed",
            StepState::Undone => "step-undone",
        }
    }
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, in words.
    pub title: String,
    /// Where it stands.
    pub state: StepState,
    /// What it waits for or what went wrong; may be empty.
    pub message: String,
    /// When it began, in milliseconds since 1970.
    pub started: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
}

/// The steps below each other, each with its state, its time and its message. Changes are announced to readers.
#[component]
pub fn StepList(
    /// The steps.
    #[prop(into)]
    steps: Signal<Vec<Step>>,
) -> impl IntoView {
    let said = move || {
        let running = steps.with(|steps| steps.iter().rev().find(|step| step.state != StepState::Queued).cloned());
        running
            .map(|step| format!("{}: {}", step.title, step.state.word()))
            .unwrap_or_default()
    };
    let item = |(_, step): (usize, Step)| {
        let time = match (step.started, step.ended) {
            (Some(started), Some(ended)) => view! { <span>{duration_text(ended - started)}</span> }.into_any(),
            (Some(started), None) => view! { <TimeText at=started /> }.into_any(),
            _ => ().into_any(),
        };
        view! {
            <li class=format!("step {}", step.state.class())>
                <span class="step-icon">
                    <IconView icon=step.state.icon() />
                </span>
                <div class="step-text">
                    <p class="step-title">{step.title}</p>
                    {(!step.message.is_empty()).then(|| view! { <p class="step-message">{step.message}</p> })}
                </div>
                <p class="step-side">
                    <span class="step-word">{step.state.word()}</span>
                    {time}
                </p>
            </li>
        }
    };
    let rows = move || steps.get().into_iter().enumerate().collect::<Vec<_>>();
    view! {
        <ol class="steps">
            <For each=rows key=|(at, step)| (*at, step.state as u8, step.message.clone(), step.ended) children=item />
        </ol>
        <p class="sr-only" role="status">
            {said}
        </p>
    }
}
