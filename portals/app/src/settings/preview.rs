//! How the front page of the instance will look.

use leptos::prelude::*;
use portal_ui::{is_color, takes_white};

use super::SettingsInput;

/// The colour of an instance without one of its own.
pub(super) const DEFAULT_COLOR: &str = "#1d4ed8";
/// As many letters of a name fit.
const FITS: usize = 22;

/// The name and the colour that the page gets.
fn look(form: &SettingsInput, tenant_name: &str) -> (String, String) {
    let name = match form.product_name.trim() {
        "" => tenant_name,
        name => name,
    };
    let color = form.primary_color.trim().to_lowercase();
    let color = if is_color(&color) { color } else { DEFAULT_COLOR.to_owned() };
    (name.to_owned(), color)
}

/// A name that fits; a longer one ends with an ellipsis.
fn fitting(name: &str) -> String {
    match name.chars().count() > FITS {
        true => name.chars().take(FITS - 1).chain(['\u{2026}']).collect(),
        false => name.to_owned(),
    }
}

/// A drawing of the front page with the name and the colour as they are typed in.
#[component]
pub(super) fn BrandPreview(form: RwSignal<SettingsInput>, tenant_name: Signal<String>) -> impl IntoView {
    let look = Memo::new(move |_| form.with(|form| look(form, &tenant_name.get())));
    let name = move || look.get().0;
    let color = move || look.get().1;
    let ink = move || if takes_white(&color()) { "#ffffff" } else { "#000000" };
    let initial = move || name().chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
    let label = move || format!("Preview: the front page of {} in the colour {}", name(), color());
    view! {
        <aside class="brand-preview" aria-label="Preview">
            <p class="text-muted text-xs">"Preview of the instance\u{2019}s front page"</p>
            <svg viewBox="0 0 480 320" role="img" aria-label=label>
                <rect class="preview-page" width="480" height="320"></rect>
                <rect class="preview-bar" width="480" height="48"></rect>
                <rect x="24" y="10" width="28" height="28" rx="8" fill=color></rect>
                <text class="preview-initial" x="38" y="29" text-anchor="middle" fill=ink>
                    {initial}
                </text>
                <text class="preview-name" x="62" y="29">
                    {move || fitting(&name())}
                </text>
                <text class="preview-quiet" x="456" y="29" text-anchor="end">
                    "Sign in"
                </text>
                <rect y="48" width="480" height="160" fill=color></rect>
                <text class="preview-title" x="24" y="104" fill=ink>
                    {move || fitting(&name())}
                </text>
                <text class="preview-text" x="24" y="130" fill=ink>
                    "Welcome to our service portal."
                </text>
                <rect x="24" y="148" width="84" height="32" rx="8" fill=ink></rect>
                <text class="preview-button" x="66" y="168" text-anchor="middle" fill=color>
                    "Sign in"
                </text>
                {[24, 172, 320]
                    .map(|x| {
                        view! {
                            <rect class="preview-card" x=x y="224" width="136" height="72" rx="8"></rect>
                            <rect class="preview-line" x=x + 14 y="242" width="72" height="8" rx="4"></rect>
                            <rect class="preview-line" x=x + 14 y="262" width="108" height="6" rx="3"></rect>
                            <rect class="preview-line" x=x + 14 y="276" width="90" height="6" rx="3"></rect>
                        }
                    })
                    .collect_view()}
            </svg>
        </aside>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_the_tenants_own() {
        let mut form = SettingsInput::default();
        assert_eq!(look(&form, "Acme Fiber"), ("Acme Fiber".to_owned(), DEFAULT_COLOR.to_owned()));
        form.product_name = " Acme Home ".into();
        form.primary_color = "#FACC15".into();
        assert_eq!(look(&form, "Acme Fiber"), ("Acme Home".to_owned(), "#facc15".to_owned()));
        form.primary_color = "#fac".into();
        assert_eq!(look(&form, "").1, DEFAULT_COLOR);
    }

    #[test]
    fn long_names_end_with_an_ellipsis() {
        assert_eq!(fitting("Acme Fiber"), "Acme Fiber");
        assert_eq!(fitting(&"x".repeat(40)).chars().count(), FITS);
    }
}
