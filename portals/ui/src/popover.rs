//! What opens beside its button: closes on Escape (the focus returns), on a click elsewhere and when the focus leaves.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, HtmlElement, KeyboardEvent, Node};

/// A handle on one popover.
#[derive(Clone, Copy)]
pub(crate) struct Popover {
    open: RwSignal<bool>,
    root: NodeRef<html::Div>,
}

/// Makes a popover whose button and panel are inside `root`. The panel has `tabindex="-1"`: a click on its text then leaves the focus in it.
pub(crate) fn use_popover(root: NodeRef<html::Div>) -> Popover {
    let popover = Popover {
        open: RwSignal::new(false),
        root,
    };
    #[cfg(target_arch = "wasm32")]
    {
        let outside = window_event_listener(leptos::ev::pointerdown, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
            if popover.open.get_untracked() && !popover.contains(target.as_ref()) {
                popover.close();
            }
        });
        on_cleanup(move || outside.remove());
    }
    popover
}

impl Popover {
    pub fn is_open(self) -> bool {
        self.open.get()
    }

    pub fn toggle(self) {
        self.open.update(|open| *open = !*open);
    }

    pub fn close(self) {
        // The focus also leaves when the page goes away, and the popover with it.
        self.open.try_set(false);
    }

    /// Escape closes and gives the focus back to the button.
    pub fn on_keydown(self, event: &KeyboardEvent) {
        if event.key() == "Escape" && self.open.get_untracked() {
            event.stop_propagation();
            event.prevent_default();
            self.close();
            let button = self
                .root
                .get_untracked()
                .and_then(|root| root.query_selector("button").ok().flatten());
            crate::dom::focus(button.and_then(|button| button.dyn_into::<HtmlElement>().ok()));
        }
    }

    /// Closes when the focus goes to something outside.
    pub fn on_focus_out(self, event: &FocusEvent) {
        let target = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
        if target.is_some() && !self.contains(target.as_ref()) {
            self.close();
        }
    }

    fn contains(self, node: Option<&Node>) -> bool {
        self.root.try_get_untracked().flatten().is_some_and(|root| root.contains(node))
    }
}
