//! Short messages that go away by themselves. They are never the only place of an error.

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    failure::Tone,
    icon::{Icon, IconView},
};

/// How many are shown at once.
const MOST: usize = 3;
/// How long a message stays, and one that can be undone.
const STAY_MS: i32 = 6_000;
const UNDO_MS: i32 = 10_000;
/// How often the time that is left is counted down.
const TICK_MS: u64 = 250;

/// One message.
#[derive(Clone)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
    undo: Option<Callback<()>>,
    left_ms: i32,
}

/// Where messages go. It can be copied; the app keeps one in its context.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    /// Makes the place and puts it into the context. [`ToastRegion`] shows what is in it.
    pub fn provide() -> Self {
        let toasts = Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
        };
        provide_context(toasts);
        toasts
    }

    /// The place from the context; messages go nowhere when the app has none.
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self {
            list: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
        })
    }

    /// Something was done: `Copied`, `Tenant suspended`.
    pub fn done(self, text: impl Into<String>) {
        self.push(Tone::Success, text.into(), None);
    }

    /// Something failed, which is also shown where it belongs.
    pub fn failed(self, text: impl Into<String>) {
        self.push(Tone::Error, text.into(), None);
    }

    /// Something was done that can be taken back for ten seconds.
    pub fn undoable(self, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.push(Tone::Success, text.into(), Some(Callback::new(move |()| undo())));
    }

    fn push(self, tone: Tone, text: String, undo: Option<Callback<()>>) {
        self.next.update_value(|next| *next = next.wrapping_add(1));
        let left_ms = if undo.is_some() { UNDO_MS } else { STAY_MS };
        let toast = Toast {
            id: self.next.get_value(),
            tone,
            text,
            undo,
            left_ms,
        };
        self.list.update(|list| {
            list.push(toast);
            let over = list.len().saturating_sub(MOST);
            list.drain(..over);
        });
    }

    fn remove(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }

    /// Counts down; says whether some are left.
    fn tick(self, millis: i32) -> bool {
        self.list.try_update(|list| {
            list.iter_mut().for_each(|toast| toast.left_ms -= millis);
            list.retain(|toast| toast.left_ms > 0);
            !list.is_empty()
        }) == Some(true)
    }
}

/// Shows the messages: at most three, longer while the pointer or the focus is on them.
#[component]
pub fn ToastRegion(
    /// Where they come from.
    toasts: Toasts,
) -> impl IntoView {
    let held = RwSignal::new(false);
    let any = Memo::new(move |_| toasts.list.with(|list| !list.is_empty()));
    // The clock runs only while there is something to count.
    Effect::new(move |before: Option<Option<IntervalHandle>>| {
        if let Some(timer) = before.flatten() {
            timer.clear();
        }
        let step = move || {
            if !held.get_untracked() {
                toasts.tick(TICK_MS as i32);
            }
        };
        any.get()
            .then(|| set_interval_with_handle(step, Duration::from_millis(TICK_MS)).ok())
            .flatten()
    });
    let of = move |error: bool| {
        move || {
            toasts.list.with(|list| {
                list.iter()
                    .filter(|toast| (toast.tone == Tone::Error) == error)
                    .cloned()
                    .collect::<Vec<_>>()
            })
        }
    };
    let show = move |toast: Toast| {
        let id = toast.id;
        let undo = toast.undo.map(|undo| {
            let run = move |_| {
                toasts.remove(id);
                held.set(false);
                undo.run(());
            };
            view! {
                <button type="button" class="toast-undo" on:click=run>
                    "Undo"
                </button>
            }
        });
        let dismiss = move |_| {
            toasts.remove(id);
            held.set(false);
        };
        view! {
            <div class=format!("toast toast-{}", toast.tone.name())>
                <IconView icon=toast.tone.icon() />
                <p>{toast.text}</p>
                {undo}
                <button type="button" class="toast-close" aria-label="Dismiss" on:click=dismiss>
                    <IconView icon=Icon::Close class="icon-sm" />
                </button>
            </div>
        }
    };
    view! {
        <div
            class="toasts"
            on:mouseenter=move |_| held.set(true)
            on:mouseleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true)
            on:focusout=move |_| held.set(false)
        >
            <div class="toasts-part" role="alert">
                <For each=of(true) key=|toast| toast.id children=show />
            </div>
            <div class="toasts-part" role="status">
                <For each=of(false) key=|toast| toast.id children=show />
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_are_shown_and_each_for_its_time() {
        Owner::new().with(|| {
            let toasts = Toasts::provide();
            for text in ["one", "two", "three"] {
                toasts.done(text);
            }
            toasts.undoable("four", || {});
            let texts = || {
                toasts
                    .list
                    .with(|list| list.iter().map(|toast| toast.text.clone()).collect::<Vec<_>>())
            };
            assert_eq!(texts(), ["two", "three", "four"]);
            assert!(toasts.tick(STAY_MS));
            assert_eq!(texts(), ["four"]);
            assert!(!toasts.tick(UNDO_MS - STAY_MS));
        });
    }
}
