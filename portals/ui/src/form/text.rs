//! Fields that are typed into.

use leptos::prelude::*;

use super::{bind::Bind, field::Field, state::Path};
use crate::{
    icon::{Icon, IconView},
    money::{decimal, parse_money},
};

/// One line of text.
#[component]
pub fn TextField(
    /// The label.
    #[prop(into)]
    label: String,
    /// The value.
    #[prop(into)]
    value: Bind<String>,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It need not be filled in.
    #[prop(optional)]
    optional: bool,
    /// The kind of text: `text`, `email`, `url`, `tel`, `date`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What the browser may fill in: a token such as `email` or `one-time-code`.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// The keyboard of a touch screen, such as `numeric`.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// What stands behind the text inside the field, such as `%`.
    #[prop(optional, into)]
    suffix: Option<String>,
) -> impl IntoView {
    view! {
        <Field label=label path=path hint=hint optional=optional let:parts>
            {
                let (on_input, on_blur) = (parts.clone(), parts.clone());
                view! {
                    <div class="input-row">
                        <input
                            id=parts.id.clone()
                            class="input"
                            type=kind
                            autocomplete=autocomplete
                            inputmode=inputmode
                            spellcheck="false"
                            aria-describedby=parts.described_by()
                            aria-invalid=parts.invalid()
                            aria-required=(!optional).then_some("true")
                            prop:value=move || value.get()
                            on:input=move |event| {
                                value.set(event_target_value(&event));
                                on_input.edited();
                            }
                            on:blur=move |_| on_blur.left()
                        />
                        {suffix.map(|suffix| view! { <span class="input-suffix">{suffix}</span> })}
                    </div>
                }
            }
        </Field>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// The label.
    #[prop(into)]
    label: String,
    /// The value.
    #[prop(into)]
    value: Bind<String>,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It need not be filled in.
    #[prop(optional)]
    optional: bool,
    /// It is read by a machine: of one width, as it is typed, with much room.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    view! {
        <Field label=label path=path hint=hint optional=optional let:parts>
            {
                let (on_input, on_blur) = (parts.clone(), parts.clone());
                view! {
                    <textarea
                        id=parts.id.clone()
                        class=if code { "textarea textarea-code" } else { "textarea" }
                        rows="3"
                        spellcheck=code.then_some("false")
                        wrap=code.then_some("off")
                        aria-describedby=parts.described_by()
                        aria-invalid=parts.invalid()
                        aria-required=(!optional).then_some("true")
                        prop:value=move || value.get()
                        on:input=move |event| {
                            value.set(event_target_value(&event));
                            on_input.edited();
                        }
                        on:blur=move |_| on_blur.left()
                    ></textarea>
                }
            }
        </Field>
    }
}

/// A password. Pasting and password managers work; it can be made visible.
#[component]
pub fn PasswordField(
    /// The label.
    #[prop(into)]
    label: String,
    /// The value.
    #[prop(into)]
    value: Bind<String>,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `current-password` or `new-password`.
    autocomplete: &'static str,
) -> impl IntoView {
    let visible = RwSignal::new(false);
    let icon = Signal::derive(move || if visible.get() { Icon::EyeOff } else { Icon::Eye });
    view! {
        <Field label=label path=path hint=hint let:parts>
            {
                let (on_input, on_blur) = (parts.clone(), parts.clone());
                view! {
                    <div class="input-row">
                        <input
                            id=parts.id.clone()
                            class="input has-button"
                            type=move || if visible.get() { "text" } else { "password" }
                            autocomplete=autocomplete
                            autocapitalize="off"
                            spellcheck="false"
                            aria-describedby=parts.described_by()
                            aria-invalid=parts.invalid()
                            aria-required="true"
                            prop:value=move || value.get()
                            on:input=move |event| {
                                value.set(event_target_value(&event));
                                on_input.edited();
                            }
                            on:blur=move |_| on_blur.left()
                        />
                        <button
                            type="button"
                            class="input-button"
                            aria-label="Show password"
                            aria-pressed=move || visible.get().to_string()
                            on:click=move |_| visible.update(|visible| *visible = !*visible)
                        >
                            <IconView icon=icon />
                        </button>
                    </div>
                }
            }
        </Field>
    }
}

/// An amount of money as it is typed; [`parse_money`] reads it. When the field is left, what can be read is written in full.
#[component]
pub fn MoneyField(
    /// The label.
    #[prop(into)]
    label: String,
    /// The typed text.
    #[prop(into)]
    value: Bind<String>,
    /// The currency's code, shown in the field.
    #[prop(into)]
    currency: Signal<String>,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// It need not be filled in.
    #[prop(optional)]
    optional: bool,
) -> impl IntoView {
    let write_in_full = move || {
        let currency = currency.get_untracked();
        if let Ok(units) = parse_money(&value.get_untracked(), &currency) {
            let plain = decimal(units, &currency);
            let separator = crate::intl::decimal_separator().to_string();
            value.set(plain.replace('.', &separator));
        }
    };
    view! {
        <Field label=label path=path hint=hint optional=optional let:parts>
            {
                let (on_input, on_blur) = (parts.clone(), parts.clone());
                view! {
                    <div class="input-row">
                        <input
                            id=parts.id.clone()
                            class="input num has-suffix"
                            type="text"
                            inputmode="decimal"
                            autocomplete="off"
                            aria-describedby=parts.described_by()
                            aria-invalid=parts.invalid()
                            aria-required=(!optional).then_some("true")
                            prop:value=move || value.get()
                            on:input=move |event| {
                                value.set(event_target_value(&event));
                                on_input.edited();
                            }
                            on:blur=move |_| {
                                write_in_full();
                                on_blur.left();
                            }
                        />
                        <span class="input-suffix">{move || currency.get()}</span>
                    </div>
                }
            }
        </Field>
    }
}
