//! Going back leads to where one was on the page. The browser tries that too, but before the page has its content.

use std::collections::BTreeMap;

use leptos::{ev, prelude::*};
use portal_ui::dom;

/// For how many frames the page may grow until the place is there again: about a second and a half.
const FRAMES: u32 = 90;

/// What is known of the places. It can be copied.
#[derive(Clone, Copy)]
struct Places {
    /// The place on each page of the history.
    kept: StoredValue<BTreeMap<String, f64>>,
    /// The page that is being brought back to its place.
    returning: StoredValue<Option<String>>,
}

/// Keeps the places from now on, until the app ends.
pub(crate) fn keep_places() {
    let places = Places {
        kept: StoredValue::new(BTreeMap::new()),
        returning: StoredValue::new(None),
    };
    let scrolled = window_event_listener(ev::scroll, move |_| {
        let (Some(entry), Some(at)) = (entry_key(), scroll_y()) else {
            return;
        };
        // What the browser does by itself on the way back is no choice of the reader.
        if places.returning.with_value(Option::is_none) {
            places.kept.update_value(|kept| {
                kept.insert(entry, at);
            });
        }
    });
    let back = window_event_listener(ev::popstate, move |_| {
        let Some(entry) = entry_key() else { return };
        let at = places.kept.with_value(|kept| kept.get(&entry).copied());
        if let Some(at) = at.filter(|at| *at > 0.0) {
            places.returning.set_value(Some(entry.clone()));
            places.bring_back(entry, at, FRAMES);
        }
    });
    // Whoever scrolls on wants to be elsewhere.
    let wheel = window_event_listener(ev::wheel, move |_| places.returning.set_value(None));
    let key = window_event_listener(ev::keydown, move |_| places.returning.set_value(None));
    let touch = window_event_listener(ev::touchmove, move |_| places.returning.set_value(None));
    on_cleanup(move || {
        for listener in [scrolled, back, wheel, key, touch] {
            listener.remove();
        }
    });
}

impl Places {
    /// Tries with each frame, until the page is long enough.
    fn bring_back(self, entry: String, at: f64, frames: u32) {
        dom::after_layout(move || {
            let still = self.returning.with_value(|returning| returning.as_ref() == Some(&entry));
            if !still || entry_key().as_ref() != Some(&entry) {
                return;
            }
            if let Some(window) = dom::window() {
                window.scroll_to_with_x_and_y(0.0, at);
            }
            let there = scroll_y().is_some_and(|now| (now - at).abs() < 2.0);
            match frames.checked_sub(1) {
                Some(left) if !there => self.bring_back(entry, at, left),
                _ => self.returning.set_value(None),
            }
        });
    }
}

fn scroll_y() -> Option<f64> {
    dom::window()?.scroll_y().ok()
}

/// What the browser calls this entry of the history; nothing where it does not say.
fn entry_key() -> Option<String> {
    let field = |of: &web_sys::wasm_bindgen::JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).ok();
    let navigation = field(dom::window()?.as_ref(), "navigation").filter(|it| it.is_object())?;
    let entry = field(&navigation, "currentEntry").filter(|it| it.is_object())?;
    field(&entry, "key")?.as_string()
}
