//! The navigation of a narrow screen.

use leptos::{html, prelude::*};

use super::{
    Brand, BrandMark,
    nav::{NavGroup, NavLinks},
};
use crate::{
    dom,
    icon::{Icon, IconView},
};

/// The navigation as a dialog at the edge; it closes when the page changes.
#[component]
pub(crate) fn Drawer(
    open: RwSignal<bool>,
    brand: Signal<Brand>,
    groups: StoredValue<Vec<NavGroup>>,
    current: Signal<String>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let open = open.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    Effect::new(move |before: Option<String>| {
        let now = current.get();
        if before.is_some_and(|before| before != now) {
            open.set(false);
        }
        now
    });
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        if let Some(dialog) = dialog.get() {
            dom::keep_tab_inside(&event, &dialog);
        }
    };
    // The event comes late: by then it may be open again.
    let on_close = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            open.set(false);
        }
    };
    // A click on the dialog itself is one beside its content.
    let on_click = move |event: web_sys::MouseEvent| {
        if let Some(dialog) = dialog.get()
            && event.target().as_ref() == Some(dialog.as_ref())
            && event.client_x() > dialog.client_width()
        {
            open.set(false);
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="drawer"
            aria-label="Navigation"
            on:close=on_close
            on:keydown=on_keydown
            on:click=on_click
        >
            <Show when=move || open.get()>
                <div class="nav">
                    <div class="nav-brand">
                        <BrandMark brand=brand />
                        <button
                            type="button"
                            class="btn btn-ghost btn-square ms-auto"
                            aria-label="Close navigation"
                            on:click=move |_| open.set(false)
                        >
                            <IconView icon=Icon::Close />
                        </button>
                    </div>
                    <NavLinks groups=groups current=current />
                </div>
            </Show>
        </dialog>
    }
}
