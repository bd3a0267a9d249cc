//! A colour that is typed or picked.

use leptos::prelude::*;

use super::{bind::Bind, field::Field, state::Path};

/// A colour as `#rrggbb`; empty means the default. It can be typed, or picked with the browser's own picker.
#[component]
pub fn ColorField(
    /// The label.
    #[prop(into)]
    label: String,
    /// The colour.
    #[prop(into)]
    value: Bind<String>,
    /// What the picker shows while there is none.
    default: &'static str,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let picker_label = format!("Pick: {label}");
    view! {
        <Field label=label path=path hint=hint optional=true let:parts>
            {
                let (on_input, on_pick, on_reset, on_blur) = (parts.clone(), parts.clone(), parts.clone(), parts.clone());
                let picked = move || {
                    let text = value.get().trim().to_lowercase();
                    if is_color(&text) { text } else { default.to_owned() }
                };
                view! {
                    <div class="color-row">
                        <input
                            type="color"
                            class="color-picker"
                            aria-label=picker_label
                            prop:value=picked
                            on:input=move |event| {
                                value.set(event_target_value(&event));
                                on_pick.edited();
                            }
                        />
                        <input
                            id=parts.id.clone()
                            class="input"
                            type="text"
                            autocomplete="off"
                            autocapitalize="off"
                            spellcheck="false"
                            placeholder=default
                            aria-describedby=parts.described_by()
                            aria-invalid=parts.invalid()
                            prop:value=move || value.get()
                            on:input=move |event| {
                                value.set(event_target_value(&event));
                                on_input.edited();
                            }
                            on:blur=move |_| on_blur.left()
                        />
                        <button
                            type="button"
                            class="btn btn-plain"
                            disabled=move || value.get().is_empty()
                            on:click=move |_| {
                                value.set(String::new());
                                on_reset.edited();
                            }
                        >
                            "Use default"
                        </button>
                    </div>
                }
            }
        </Field>
    }
}

/// Whether it is `#rrggbb`.
pub fn is_color(text: &str) -> bool {
    channels(text).is_some()
}

/// Whether white text can be read on a colour, by WCAG's measure of 4.5:1; where it cannot, black can.
pub fn takes_white(color: &str) -> bool {
    let Some(channels) = channels(color) else { return false };
    let linear = channels.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    1.05 / (luminance + 0.05) >= 4.5
}

/// Red, green and blue of `#rrggbb`.
fn channels(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_six_digits() {
        assert!(is_color("#1d4ed8") && is_color("#FFFFFF"));
        assert!(!is_color("") && !is_color("#fff") && !is_color("1d4ed8") && !is_color("#gggggg") && !is_color("#+12345"));
    }

    #[test]
    fn text_on_a_colour_can_be_read() {
        for (color, white) in [
            ("#000000", true),
            ("#1d4ed8", true),
            ("#767676", true),
            ("#777777", false),
            ("#facc15", false),
            ("#ffffff", false),
        ] {
            assert_eq!(takes_white(color), white, "{color}");
        }
    }
}
