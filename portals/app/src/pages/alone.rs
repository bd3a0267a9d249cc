//! The frame of the pages before sign-in.

use leptos::{html, prelude::*};
use portal_ui::{Brand, BrandMark, ThemeSwitch, dom};

use crate::me::Me;

/// A page with nothing but one card: brand, heading, content.
#[component]
pub fn Alone(
    /// The heading, which is the title of the window too.
    #[prop(into)]
    title: String,
    /// One line under it.
    #[prop(into)]
    text: Signal<String>,
    /// The form.
    children: Children,
) -> impl IntoView {
    let portal = Me::here().portal();
    let brand = Brand {
        name: "Tenantry".into(),
        portal: portal.name.into(),
    };
    if let Some(page) = dom::document() {
        page.set_title(&format!("{title} · {} {}", brand.name, brand.portal));
    }
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            dom::after_layout(move || {
                // A field that wants the focus has it already.
                if dom::focused().is_none_or(|now| now.tag_name() == "BODY") {
                    let _ = heading.focus();
                }
            });
        }
    });
    view! {
        <main class="sign-in">
            <div class="sign-in-brand">
                <BrandMark brand=Signal::stored(brand) />
            </div>
            <div class="sign-in-card">
                <h1 node_ref=heading tabindex="-1">
                    {title}
                </h1>
                <p class="text-muted">{text}</p>
                {children()}
            </div>
            <div class="sign-in-foot">
                <ThemeSwitch />
            </div>
        </main>
    }
}
