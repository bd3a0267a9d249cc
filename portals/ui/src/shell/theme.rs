//! Light, dark, or what the system says. The page's own small script applies the choice, before and after the app starts.

use leptos::prelude::*;

use crate::{
    dom,
    icon::{Icon, IconView},
};

/// What the user chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Light,
    Dark,
    System,
}

impl Choice {
    const ALL: [(Choice, &'static str, Icon); 3] = [
        (Choice::Light, "Light", Icon::Sun),
        (Choice::Dark, "Dark", Icon::Moon),
        (Choice::System, "System", Icon::Monitor),
    ];

    fn stored() -> Self {
        match dom::stored("theme").as_deref() {
            Some("light") => Choice::Light,
            Some("dark") => Choice::Dark,
            _ => Choice::System,
        }
    }

    fn store(self) {
        dom::store(
            "theme",
            match self {
                Choice::Light => Some("light"),
                Choice::Dark => Some("dark"),
                Choice::System => None,
            },
        );
        if let (Some(window), Ok(event)) = (dom::window(), web_sys::Event::new("themechange")) {
            let _ = window.dispatch_event(&event);
        }
    }
}

/// Light, dark or system, as three radio buttons. The account menu of [`crate::Shell`] has one; a sign-in page may show its own.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let choice = RwSignal::new(Choice::stored());
    let group = format!("theme-{}", dom::random_hex());
    let options = Choice::ALL
        .into_iter()
        .map(|(option, label, icon)| {
            let pick = move |_| {
                option.store();
                choice.set(option);
            };
            view! {
                <label>
                    <input
                        type="radio"
                        class="sr-only"
                        name=group.clone()
                        prop:checked=move || choice.get() == option
                        on:change=pick
                    />
                    <IconView icon=icon />
                    {label}
                </label>
            }
        })
        .collect_view();
    view! { <fieldset class="theme-choice"><legend class="sr-only">"Theme"</legend>{options}</fieldset> }
}
