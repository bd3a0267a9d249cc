//! Ids: small, of one width, with a button that copies them.

use leptos::prelude::*;

use crate::{
    dom,
    icon::{Icon, IconView},
    toast::Toasts,
};

/// An id or another text to be copied, with its button. A long one is shortened in the middle; the whole is copied.
#[component]
pub fn CopyId(
    /// The text.
    #[prop(into)]
    value: Signal<String>,
    /// What it is, for readers: `tenant id`.
    #[prop(default = "id")]
    label: &'static str,
    /// Show all of it, as for a link or a password.
    #[prop(optional)]
    whole: bool,
) -> impl IntoView {
    let toasts = Toasts::here();
    let copied = RwSignal::new(false);
    let copy = move |event: web_sys::MouseEvent| {
        event.stop_propagation();
        event.prevent_default();
        let Some(clipboard) = dom::window().map(|window| window.navigator().clipboard()) else {
            return;
        };
        let written = clipboard.write_text(&value.get_untracked());
        leptos::task::spawn_local(async move {
            match wasm_bindgen_futures::JsFuture::from(written).await {
                Ok(_) => {
                    toasts.done("Copied");
                    copied.set(true);
                    let back = move || {
                        copied.try_set(false);
                    };
                    set_timeout(back, std::time::Duration::from_secs(2));
                }
                Err(_) => toasts.failed("The browser did not allow copying. Select the text and copy it."),
            }
        });
    };
    let icon = Signal::derive(move || if copied.get() { Icon::Check } else { Icon::Copy });
    view! {
        <span class="copy-id">
            <code class:copy-whole=whole title=move || value.get()>{move || if whole { value.get() } else { shortened(&value.get()) }}</code>
            <button type="button" class="copy-button" aria-label=format!("Copy {label}") on:click=copy>
                <IconView icon=icon class="icon-sm" />
            </button>
        </span>
    }
}

/// `ten_0190a1b2c3d4e5f60718293a4b5c6d7e` as `ten_0190a1b2…5c6d7e`.
fn shortened(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    match letters.len() {
        0..=24 => text.to_owned(),
        length => format!(
            "{}\u{2026}{}",
            letters[..12].iter().collect::<String>(),
            letters[length - 6..].iter().collect::<String>()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ids_keep_their_ends() {
        assert_eq!(shortened("ten_0190a1b2c3d4e5f60718293a4b5c6d7e"), "ten_0190a1b2\u{2026}5c6d7e");
        assert_eq!(shortened("acme"), "acme");
    }
}
