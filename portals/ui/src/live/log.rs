//! Log lines as they arrive.

use std::sync::Arc;

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::reconnect::LiveState;
use crate::{
    icon::{Icon, IconView},
    list::grouped,
    time::{Zone, clock_text},
};

/// How many lines are kept on the page; older ones are in the file.
const MOST: usize = 5_000;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its number in the stream; a line comes once.
    pub number: u64,
    /// When it was written, in milliseconds since 1970; 0 when that is not known.
    pub at: i64,
    /// The text.
    pub text: String,
}

/// The lines of a log. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct LogLines(RwSignal<Vec<Arc<LogLine>>>);

impl LogLines {
    /// No lines yet.
    pub fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// Adds lines. One that is not newer than the last is left out, so that a resumed stream doubles nothing.
    pub fn push(self, lines: impl IntoIterator<Item = LogLine>) {
        self.0.update(|kept| {
            for line in lines {
                if kept.last().is_none_or(|last| line.number > last.number) {
                    kept.push(Arc::new(line));
                }
            }
            let over = kept.len().saturating_sub(MOST);
            kept.drain(..over);
        });
    }

    /// The number of the last line, to resume after.
    pub fn last(self) -> Option<u64> {
        self.0.with(|lines| lines.last().map(|line| line.number))
    }
}

impl Default for LogLines {
    fn default() -> Self {
        Self::new()
    }
}

/// The level that a line names in its first words, for its colour.
fn level(text: &str) -> &'static str {
    let start: String = text.chars().take(48).collect::<String>().to_ascii_uppercase();
    let names = |word: &str| start.split(|c: char| !c.is_ascii_alphabetic()).any(|found| found == word);
    if names("ERROR") || names("FATAL") || names("PANIC") {
        "log-line log-error"
    } else if names("WARN") || names("WARNING") {
        "log-line log-warning"
    } else {
        "log-line"
    }
}

/// A log that follows its end. Scrolling up pauses, `Jump to latest` goes on; finding marks lines, with a count, Enter and Shift+Enter.
#[component]
pub fn LogView(
    /// The lines.
    lines: LogLines,
    /// What log it is, for readers.
    label: &'static str,
    /// How the stream of the lines does.
    #[prop(optional, into)]
    state: Signal<LiveState>,
    /// What stands there while there are no lines.
    #[prop(default = "No lines yet.")]
    empty: &'static str,
) -> impl IntoView {
    let region = NodeRef::<html::Div>::new();
    let following = RwSignal::new(true);
    let seen = RwSignal::new(0u64);
    let find = RwSignal::new(String::new());
    let found_at = RwSignal::new(None::<usize>);
    let zone = use_context::<Zone>();

    let last = Memo::new(move |_| lines.last().unwrap_or(0));
    let to_end = move || {
        if let Some(region) = region.get_untracked() {
            region.set_scroll_top(region.scroll_height());
        }
    };
    Effect::new(move |_| {
        let last = last.get();
        if following.get() {
            seen.set(last);
            crate::dom::after_layout(to_end);
        }
    });
    let on_scroll = move |_| {
        if let Some(region) = region.get_untracked() {
            let at_end = region.scroll_height() - region.scroll_top() - region.client_height() < 24;
            if at_end != following.get_untracked() {
                following.set(at_end);
            }
        }
    };
    let new_lines = Memo::new(move |_| {
        let seen = seen.get();
        lines
            .0
            .with(|lines| lines.iter().rev().take_while(|line| line.number > seen).count())
    });

    let needle = Memo::new(move |_| find.get().trim().to_lowercase());
    let hits = Memo::new(move |_| {
        let needle = needle.get();
        if needle.is_empty() {
            return Vec::new();
        }
        lines.0.with(|lines| {
            lines
                .iter()
                .filter(|line| line.text.to_lowercase().contains(&needle))
                .map(|line| line.number)
                .collect()
        })
    });
    let current = Memo::new(move |_| {
        let (hits, at) = (hits.get(), found_at.get());
        at.filter(|_| !hits.is_empty()).map(|at| hits[at % hits.len()])
    });
    let base = crate::dom::unique_id("log");
    let step = {
        let base = base.clone();
        move |back: bool| {
            let count = hits.with_untracked(Vec::len);
            if count == 0 {
                return;
            }
            found_at.update(|at| {
                *at = Some(match (*at, back) {
                    (None, false) => 0,
                    (None, true) => count - 1,
                    (Some(at), false) => (at + 1) % count,
                    (Some(at), true) => (at + count - 1) % count,
                });
            });
            following.set(false);
            let line = current.get_untracked().and_then(|number| {
                let line = crate::dom::document()?.get_element_by_id(&format!("{base}-{number}"))?;
                line.dyn_into::<web_sys::HtmlElement>().ok()
            });
            // Only the log scrolls, not the page around it.
            if let (Some(line), Some(region)) = (line, region.get_untracked()) {
                region.set_scroll_top(line.offset_top() - region.offset_top() - region.client_height() / 2);
            }
        }
    };
    let (next, previous, on_enter) = (step.clone(), step.clone(), step);
    let count_text = move || {
        let hits = hits.with(Vec::len);
        match (needle.with(String::is_empty), hits) {
            (true, _) => String::new(),
            (false, 0) => "None found".to_owned(),
            (false, hits) => match found_at.get() {
                Some(at) => format!("{} of {}", at % hits + 1, grouped(hits as u64)),
                None => format!("{} found", grouped(hits as u64)),
            },
        }
    };
    let line = move |line: Arc<LogLine>| {
        let (number, text) = (line.number, line.text.to_lowercase());
        let is_hit = move || needle.with(|needle| !needle.is_empty() && text.contains(needle.as_str()));
        let time = (line.at > 0).then(|| {
            let at = line.at;
            view! { <span class="log-time">{move || clock_text(at, zone.and_then(|zone| zone.0.get()).as_deref(), true)}</span> }
        });
        view! {
            <div
                id=format!("{base}-{number}")
                class=level(&line.text)
                class:log-hit=is_hit
                class:log-current=move || current.get() == Some(number)
            >
                {time}
                <span class="log-text">{line.text.clone()}</span>
            </div>
        }
    };
    let none = Memo::new(move |_| lines.0.with(Vec::is_empty));
    let find_id = crate::dom::unique_id("find");
    view! {
        <div class="log">
            <div class="log-bar">
                <div class="search-box">
                    <label class="sr-only" for=find_id.clone()>
                        "Find in the log"
                    </label>
                    <IconView icon=Icon::Search />
                    <input
                        id=find_id
                        type="search"
                        class="input"
                        placeholder="Find in the log"
                        autocomplete="off"
                        prop:value=move || find.get()
                        on:input=move |event| {
                            find.set(event_target_value(&event));
                            found_at.set(None);
                        }
                        on:keydown=move |event| {
                            if event.key() == "Enter" {
                                event.prevent_default();
                                on_enter(event.shift_key());
                            }
                        }
                    />
                </div>
                <span class="log-count" role="status">
                    {count_text}
                </span>
                <button type="button" class="btn btn-ghost btn-sm btn-square" aria-label="Previous hit" on:click=move |_| previous(true)>
                    <IconView icon=Icon::Up />
                </button>
                <button type="button" class="btn btn-ghost btn-sm btn-square" aria-label="Next hit" on:click=move |_| next(false)>
                    <IconView icon=Icon::Down />
                </button>
                <span class="log-follow">
                    {move || match (state.get(), following.get()) {
                        (LiveState::Reconnecting { .. }, _) => "Reconnecting",
                        (LiveState::Live, true) => "Following",
                        (LiveState::Live, false) => "Paused",
                    }}
                </span>
            </div>
            <div class="log-lines" node_ref=region role="log" aria-live="off" aria-label=label tabindex="0" on:scroll=on_scroll>
                <Show when=move || none.get()>
                    <p class="log-empty">{empty}</p>
                </Show>
                <For each=move || lines.0.get() key=|line| line.number children=line />
            </div>
            <Show when=move || !following.get()>
                <button
                    type="button"
                    class="btn btn-primary btn-sm log-jump"
                    on:click=move |_| {
                        following.set(true);
                        to_end();
                    }
                >
                    <IconView icon=Icon::Down class="icon-sm" />
                    {move || match new_lines.get() {
                        0 => "Jump to latest".to_owned(),
                        count => format!("Jump to latest ({} new)", grouped(count as u64)),
                    }}
                </button>
            </Show>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_once_and_old_ones_go() {
        Owner::new().with(|| {
            let lines = LogLines::new();
            let line = |number| LogLine {
                number,
                at: 0,
                text: String::new(),
            };
            lines.push((1..=3).map(line));
            lines.push((2..=4).map(line));
            assert_eq!(
                lines.0.with(|lines| lines.iter().map(|line| line.number).collect::<Vec<_>>()),
                [1, 2, 3, 4]
            );
            lines.push((5..=MOST as u64 + 10).map(line));
            assert_eq!((lines.0.with(Vec::len), lines.last()), (MOST, Some(MOST as u64 + 10)));
        });
    }

    #[test]
    fn the_level_is_a_word_near_the_start() {
        assert_eq!(level("2026-11-20T06:55:01Z ERROR pool: away"), "log-line log-error");
        assert_eq!(level("warn: slow"), "log-line log-warning");
        assert_eq!(level("terror and errors"), "log-line");
    }
}
