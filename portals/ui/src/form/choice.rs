//! Fields that are chosen from.

use leptos::prelude::*;

use super::{
    bind::Bind,
    field::{Field, FieldParts, field_error},
    state::Path,
};

/// One of several values.
#[component]
pub fn SelectField(
    /// The label.
    #[prop(into)]
    label: String,
    /// The chosen value; empty while none is chosen.
    #[prop(into)]
    value: Bind<String>,
    /// The values with their texts.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
    /// None need be chosen.
    #[prop(optional)]
    optional: bool,
    /// What stands there while none is chosen; without it the first value is on offer at once.
    #[prop(optional)]
    placeholder: Option<&'static str>,
) -> impl IntoView {
    view! {
        <Field label=label path=path hint=hint optional=optional let:parts>
            {
                let (on_change, on_blur) = (parts.clone(), parts.clone());
                let choices = move || {
                    let chosen = value.get();
                    let option = |(value, label): (String, String)| {
                        let selected = value == chosen;
                        view! { <option value=value prop:selected=selected>{label}</option> }
                    };
                    options.get().into_iter().map(option).collect_view()
                };
                view! {
                    <select
                        id=parts.id.clone()
                        class="select"
                        aria-describedby=parts.described_by()
                        aria-invalid=parts.invalid()
                        aria-required=(!optional).then_some("true")
                        on:change=move |event| {
                            value.set(event_target_value(&event));
                            on_change.edited();
                        }
                        on:blur=move |_| on_blur.left()
                    >
                        {placeholder
                            .map(|text| view! { <option value="" prop:selected=move || value.get().is_empty()>{text}</option> })}
                        {choices}
                    </select>
                }
            }
        </Field>
    }
}

/// Yes or no.
#[component]
pub fn CheckField(
    /// The label, behind the box.
    #[prop(into)]
    label: String,
    /// The value.
    #[prop(into)]
    value: Bind<bool>,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What it means.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let parts = FieldParts::new(path, &label, hint.is_some());
    let (on_change, on_blur) = (parts.clone(), parts.clone());
    view! {
        <div class="field">
            <div class="check-row">
                <input
                    id=parts.id.clone()
                    type="checkbox"
                    class="checkbox"
                    aria-describedby=parts.described_by()
                    aria-invalid=parts.invalid()
                    prop:checked=move || value.get()
                    on:change=move |event| {
                        value.set(event_target_checked(&event));
                        on_change.edited();
                    }
                    on:blur=move |_| on_blur.left()
                />
                <div>
                    <label class="check-label" for=parts.id.clone()>
                        {label}
                    </label>
                    {hint.map(|hint| view! { <p class="field-hint" id=format!("{}-hint", parts.id)>{hint}</p> })}
                </div>
            </div>
            {field_error(&parts)}
        </div>
    }
}
