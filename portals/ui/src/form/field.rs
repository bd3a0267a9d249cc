//! What all fields have: a label, a hint, an error, and the bonds between them.

use leptos::prelude::*;

use super::state::{FormState, Path, Registered};
use crate::{
    dom,
    icon::{Icon, IconView},
};

/// The bonds of one field: the ids of its parts, what is wrong with it, and what happens when it is changed and left.
#[derive(Clone)]
pub struct FieldParts {
    /// The id of the control.
    pub id: String,
    hint_id: String,
    error_id: String,
    has_hint: bool,
    path: Path,
    state: Option<FormState>,
    wrong: Memo<Vec<String>>,
}

impl FieldParts {
    /// The bonds of the field at `path` in the form around it. A field that belongs to no request has the path `""`.
    pub(crate) fn new(path: Path, label: &str, has_hint: bool) -> Self {
        let id = dom::unique_id("field");
        let state = use_context::<FormState>();
        if let Some(state) = state {
            state.register(Registered {
                path: path.clone(),
                id: id.clone(),
                label: label.to_owned(),
            });
        }
        let wrong = match state {
            Some(state) => state.wrong(path.clone()),
            None => Memo::new(|_| Vec::new()),
        };
        Self {
            hint_id: format!("{id}-hint"),
            error_id: format!("{id}-error"),
            id,
            has_hint,
            path,
            state,
            wrong,
        }
    }

    /// For `aria-describedby`: the hint and the error, as far as they are there.
    pub fn described_by(&self) -> impl Fn() -> Option<String> + Clone + Send + Sync + use<> {
        let (hint, error_id, wrong) = (self.has_hint.then(|| self.hint_id.clone()), self.error_id.clone(), self.wrong);
        move || {
            let is_wrong = !wrong.with(Vec::is_empty);
            let ids = [hint.clone(), is_wrong.then(|| error_id.clone())];
            let ids: Vec<String> = ids.into_iter().flatten().collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }

    /// For `aria-invalid`.
    pub fn invalid(&self) -> impl Fn() -> Option<&'static str> + Clone + Send + Sync + use<> {
        let wrong = self.wrong;
        move || (!wrong.with(Vec::is_empty)).then_some("true")
    }

    /// The value was changed.
    pub fn edited(&self) {
        if let Some(state) = self.state {
            state.edited(&self.path);
        }
    }

    /// The control was left.
    pub fn left(&self) {
        if let Some(state) = self.state {
            state.left(&self.path);
        }
    }
}

/// Label, hint and error around a control of your own; the ready fields are made of it. The control gets `id`,
/// `aria-describedby` and `aria-invalid` from the [`FieldParts`] and tells them when it is changed and left.
#[component]
pub fn Field<C, V>(
    /// The label.
    #[prop(into)]
    label: String,
    /// The path in the request.
    #[prop(default = Path::Borrowed(""), into)]
    path: Path,
    /// What helps to fill it in.
    #[prop(default = None)]
    hint: Option<String>,
    /// It need not be filled in; the label says so.
    #[prop(optional)]
    optional: bool,
    /// Makes the control.
    children: C,
) -> impl IntoView
where
    C: FnOnce(FieldParts) -> V,
    V: IntoView,
{
    let parts = FieldParts::new(path, &label, hint.is_some());
    let (id, hint_id) = (parts.id.clone(), parts.hint_id.clone());
    let error = field_error(&parts);
    view! {
        <div class="field">
            <label class="field-label" for=id>
                {label}
                {optional.then(|| view! { <span class="field-optional">"Optional"</span> })}
            </label>
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
            {children(parts)}
            {error}
        </div>
    }
}

/// What is wrong, under a control.
pub(crate) fn field_error(parts: &FieldParts) -> impl IntoView + use<> {
    let (id, wrong) = (parts.error_id.clone(), parts.wrong);
    let line = |message: String| {
        view! {
            <p class="field-error">
                <IconView icon=Icon::Failure class="icon-sm" />
                {message}
            </p>
        }
    };
    move || {
        let wrong = wrong.get();
        (!wrong.is_empty()).then(|| view! { <div id=id.clone()>{wrong.into_iter().map(line).collect_view()}</div> })
    }
}
