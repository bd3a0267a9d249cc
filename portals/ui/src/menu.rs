//! A menu of actions behind a button.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    dom,
    icon::{Icon, IconView},
};

/// An action of a menu.
#[derive(Clone)]
pub struct MenuItem {
    label: String,
    icon: Icon,
    danger: bool,
    action: Callback<()>,
}

impl MenuItem {
    /// An action.
    pub fn new(label: impl Into<String>, icon: Icon, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            label: label.into(),
            icon,
            danger: false,
            action: Callback::new(move |()| action()),
        }
    }

    /// An action that takes something away.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self
    }
}

/// The menu at the end of a table's row or of a page's heading.
#[component]
pub fn RowMenu(
    /// The actions; nothing is shown when there are none.
    items: Vec<MenuItem>,
    /// What the button is called for readers.
    #[prop(default = "Actions")]
    label: &'static str,
    /// What is on the button.
    #[prop(default = Icon::More)]
    icon: Icon,
    /// A word on the button, before the icon.
    #[prop(optional)]
    text: Option<&'static str>,
) -> impl IntoView {
    if items.is_empty() {
        return ().into_any();
    }
    let panel = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let open = RwSignal::new(false);
    let close = move || {
        if let Some(panel) = panel.get_untracked() {
            let _ = panel.hide_popover();
        }
    };
    // The panel is in the browser's top layer, where no scrolling region cuts it off; so it is placed by hand.
    let on_toggle = move |event: web_sys::Event| {
        let now = js_sys::Reflect::get(&event, &"newState".into())
            .ok()
            .and_then(|state| state.as_string());
        let is_open = now.as_deref() == Some("open");
        open.set(is_open);
        if let (true, Some(panel), Some(button)) = (is_open, panel.get_untracked(), button.get_untracked()) {
            place(&panel, &button);
            dom::focus(dom::focusable(&panel).into_iter().next());
        }
    };
    let on_keydown = move |event: web_sys::KeyboardEvent| {
        let Some(panel) = panel.get_untracked() else {
            return;
        };
        let controls = dom::focusable(&panel);
        let at = dom::focused()
            .and_then(|now| controls.iter().position(|control| *control == now))
            .unwrap_or(0);
        let to = match event.key().as_str() {
            "ArrowDown" => (at + 1) % controls.len().max(1),
            "ArrowUp" => (at + controls.len().max(1) - 1) % controls.len().max(1),
            "Home" => 0,
            "End" => controls.len().saturating_sub(1),
            "Tab" => {
                close();
                return;
            }
            _ => return,
        };
        event.prevent_default();
        dom::focus(controls.into_iter().nth(to));
    };
    let id = dom::unique_id("menu");
    let entries = items
        .into_iter()
        .map(|item| {
            let run = move |_| {
                close();
                item.action.run(());
            };
            view! {
                <button type="button" role="menuitem" class="menu-item" class:danger=item.danger on:click=run>
                    <IconView icon=item.icon />
                    {item.label}
                </button>
            }
        })
        .collect_view();
    view! {
        <button
            node_ref=button
            type="button"
            class=if text.is_some() { "btn btn-plain" } else { "btn btn-ghost btn-sm btn-square" }
            aria-label=text.is_none().then_some(label)
            aria-haspopup="menu"
            aria-expanded=move || open.get().to_string()
            popovertarget=id.clone()
        >
            {text}
            <IconView icon=icon />
        </button>
        <div node_ref=panel id=id class="popover top-popover" popover="auto" role="menu" aria-label=label on:toggle=on_toggle on:keydown=on_keydown>
            {entries}
        </div>
    }
    .into_any()
}

/// Puts a panel of the top layer under its button, or above it where there is no room below.
fn place(panel: &web_sys::HtmlElement, button: &web_sys::HtmlElement) {
    let Some(height) = dom::window().and_then(|window| window.inner_height().ok()?.as_f64()) else {
        return;
    };
    let (at, size) = (button.get_bounding_client_rect(), panel.get_bounding_client_rect());
    let top = if at.bottom() + 4.0 + size.height() > height {
        at.top() - 4.0 - size.height()
    } else {
        at.bottom() + 4.0
    };
    let left = (at.right() - size.width()).max(8.0);
    let style = panel.unchecked_ref::<web_sys::HtmlElement>().style();
    let _ = style.set_property("top", &format!("{}px", top.max(8.0)));
    let _ = style.set_property("left", &format!("{left}px"));
}
