//! The few things that are asked of the browser. Outside a browser they answer nothing, so that native tests run.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, Storage, Window};

/// The window, in a browser.
pub fn window() -> Option<Window> {
    #[cfg(target_arch = "wasm32")]
    {
        web_sys::window()
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        None
    }
}

/// The document, in a browser.
pub fn document() -> Option<Document> {
    window()?.document()
}

/// The browser's own account of where the window has been, where it gives one.
pub fn navigation() -> Option<JsValue> {
    let navigation = js_sys::Reflect::get(&window()?.into(), &"navigation".into()).ok();
    navigation.filter(JsValue::is_object)
}

/// Whether going back leads to another page of ours.
pub fn can_go_back() -> bool {
    let can = navigation().and_then(|it| js_sys::Reflect::get(&it, &"canGoBack".into()).ok());
    can.is_some_and(|can| can.is_truthy())
}

/// The element that has the focus.
pub fn focused() -> Option<HtmlElement> {
    document()?.active_element()?.dyn_into().ok()
}

/// Moves the focus to an element, if it is there.
pub fn focus(element: Option<HtmlElement>) {
    if let Some(element) = element {
        let _ = element.focus();
    }
}

/// Moves the focus to the element with this id.
pub fn focus_id(id: &str) {
    focus(
        document()
            .and_then(|page| page.get_element_by_id(id))
            .and_then(|found| found.dyn_into().ok()),
    );
}

/// Presses the button with this id, as a person with a pointer would.
pub(crate) fn press_id(id: &str) {
    let found = document().and_then(|page| page.get_element_by_id(id));
    if let Some(button) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        focus(Some(button.clone()));
        button.click();
    }
}

/// Runs `then` after the browser has laid out what just changed.
pub fn after_layout(then: impl FnOnce() + 'static) {
    if window().is_some() {
        leptos::prelude::request_animation_frame(then);
    }
}

/// The store that outlives the page, when it is allowed.
fn storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// A preference that was kept in this browser.
pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Keeps a preference in this browser; `None` forgets it.
pub fn store(key: &str, value: Option<&str>) {
    if let Some(storage) = storage() {
        let _ = match value {
            Some(value) => storage.set_item(key, value),
            None => storage.remove_item(key),
        };
    }
}

/// What can take the focus inside an element, in order.
pub fn focusable(inside: &Element) -> Vec<HtmlElement> {
    const WHAT: &str = "a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), \
                        textarea:not([disabled]), summary, [tabindex]:not([tabindex='-1'])";
    let Ok(found) = inside.query_selector_all(WHAT) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<HtmlElement>().ok())
        // What is not laid out cannot take the focus.
        .filter(|element| element.get_client_rects().length() > 0)
        .collect()
}

/// Keeps Tab inside an element: from the last control to the first, and back.
pub fn keep_tab_inside(event: &web_sys::KeyboardEvent, inside: &Element) {
    if event.key() != "Tab" {
        return;
    }
    let controls = focusable(inside);
    let (Some(first), Some(last)) = (controls.first(), controls.last()) else {
        return;
    };
    let now = focused();
    let outside = now.as_ref().is_none_or(|element| !inside.contains(Some(element)));
    let wrap_to = match event.shift_key() {
        true if outside || now.as_ref() == Some(first) => last,
        false if outside || now.as_ref() == Some(last) => first,
        _ => return,
    };
    event.prevent_default();
    let _ = wrap_to.focus();
}

/// 128 random bits as hexadecimal text.
pub fn random_hex() -> String {
    let mut bytes = [0u8; 16];
    if let Some(crypto) = window().and_then(|window| window.crypto().ok()) {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An id that no other element of the page has.
pub fn unique_id(kind: &str) -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    format!("{kind}-{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}
