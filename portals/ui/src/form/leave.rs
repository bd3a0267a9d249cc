//! Asks before changes are lost: on a link, on another tab of the page, on going back, and when the window is closed.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event, HtmlAnchorElement, HtmlElement, MouseEvent, Node};

use super::state::FormState;
use crate::{dialog::Dialog, dom};

/// Watches over a form's changes while it is on the page.
#[component]
pub(crate) fn LeaveGuard(state: FormState) -> impl IntoView {
    let asking = RwSignal::new(false);
    let leave = StoredValue::new_local(None::<Leave>);
    let ask = move |how: Leave| {
        leave.set_value(Some(how));
        asking.set(true);
    };
    let dirty = move || state.dirty().get_untracked() && !state.busy().get_untracked();

    // Closing or reloading the window: the browser asks in its own words.
    #[cfg(target_arch = "wasm32")]
    {
        let unload = window_event_listener(leptos::ev::beforeunload, move |event| {
            if dirty() {
                event.prevent_default();
            }
        });
        on_cleanup(move || unload.remove());
    }

    // A link or a tab: its click is caught before a router sees it, and done again when the answer is yes.
    let _clicks = listen(dom::document().map(JsCast::unchecked_into), "click", move |event: Event| {
        if let Some(way) = way_out(&event).filter(|_| dirty()) {
            event.prevent_default();
            event.stop_immediate_propagation();
            ask(Leave::Click(way));
        }
    });

    // Going back or forward, where the browser lets a page know before it happens.
    let _back = listen(dom::navigation().map(JsCast::unchecked_into), "navigate", move |event: Event| {
        let field = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into()).unwrap_or(JsValue::NULL);
        if dirty() && event.cancelable() && field(&event, "navigationType").as_string().as_deref() == Some("traverse") {
            let key = field(&field(&event, "destination"), "key").as_string();
            event.prevent_default();
            ask(Leave::History(key.unwrap_or_default()));
        }
    });

    let go = move |_| {
        asking.set(false);
        state.settle();
        match leave.try_update_value(Option::take).flatten() {
            Some(Leave::Click(way)) => way.click(),
            Some(Leave::History(key)) => traverse_to(&key),
            None => {}
        }
    };
    view! {
        <Dialog open=asking title="Leave without saving?">
            <p>"What you have changed on this page is not saved yet and will be lost."</p>
            <div class="dialog-actions">
                <button type="button" class="btn btn-plain" on:click=move |_| asking.set(false)>
                    "Stay"
                </button>
                <button type="button" class="btn btn-error" on:click=go>
                    "Leave"
                </button>
            </div>
        </Dialog>
    }
}

/// The way that was about to be taken.
enum Leave {
    Click(HtmlElement),
    History(String),
}

/// What a plain click leads away by: a link to another page in this window, or a tab that is not the current one.
fn way_out(event: &Event) -> Option<HtmlElement> {
    let click: &MouseEvent = event.dyn_ref()?;
    if click.button() != 0 || click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key() {
        return None;
    }
    let target: Node = event.target()?.dyn_into().ok()?;
    let element: Element = target.clone().dyn_into().ok().or_else(|| target.parent_element())?;
    let way = element.closest("a[href], [role=tab]").ok().flatten()?;
    let leads_out = match way.dyn_ref::<HtmlAnchorElement>() {
        Some(link) => {
            let same_window = link.target().is_empty() || link.target() == "_self";
            let here = dom::window()?.location();
            let same_page = link.pathname() == here.pathname().ok()? && link.search() == here.search().ok()?;
            same_window && !same_page && !link.has_attribute("download")
        }
        None => way.get_attribute("aria-selected").as_deref() != Some("true"),
    };
    leads_out.then(|| way.dyn_into().ok()).flatten()
}

/// Goes to an entry of the history.
fn traverse_to(key: &str) {
    let Some(navigation) = dom::navigation() else { return };
    let call = || -> Result<(), JsValue> {
        let function: js_sys::Function = js_sys::Reflect::get(&navigation, &"traverseTo".into())?.dyn_into()?;
        function.call1(&navigation, &key.into())?;
        Ok(())
    };
    let _ = call();
}

/// Listens in the capture phase until the owner is cleaned up.
fn listen(target: Option<web_sys::EventTarget>, name: &'static str, then: impl Fn(Event) + 'static) -> Option<()> {
    let target = target?;
    let closure = Closure::<dyn Fn(Event)>::new(then);
    target
        .add_event_listener_with_callback_and_bool(name, closure.as_ref().unchecked_ref(), true)
        .ok()?;
    let kept = StoredValue::new_local(Some((target, closure)));
    on_cleanup(move || {
        if let Some((target, closure)) = kept.try_update_value(Option::take).flatten() {
            let _ = target.remove_event_listener_with_callback_and_bool(name, closure.as_ref().unchecked_ref(), true);
        }
    });
    Some(())
}
