//! What a form knows about itself: which fields are wrong, whether it was changed, whether it is being sent.

use std::{borrow::Cow, sync::Arc};

use leptos::prelude::*;

use crate::{
    dom,
    failure::{Failure, Violations},
};

/// Where in the request a field is: `plan.prices[0].amount`.
pub(crate) type Path = Cow<'static, str>;

type Check = Arc<dyn Fn() -> Violations + Send + Sync>;

/// A form's state. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct FormState {
    check: StoredValue<Check>,
    /// What is shown as wrong, by path.
    errors: RwSignal<Violations>,
    /// The fields of the form: path, element, label.
    fields: StoredValue<Vec<Registered>>,
    failure: RwSignal<Option<Failure>>,
    busy: RwSignal<bool>,
    dirty: RwSignal<bool>,
    submitted: RwSignal<bool>,
    request_id: StoredValue<String>,
    /// Whether a pointer is down, and the fields that were left by it.
    pressed: StoredValue<bool>,
    left_by_press: StoredValue<Vec<String>>,
}

/// A field that is on the page.
#[derive(Clone)]
pub(crate) struct Registered {
    pub path: Path,
    pub id: String,
    pub label: String,
}

impl FormState {
    /// A form whose values are checked by `check`: a pure function that answers everything that is wrong, by the paths that the
    /// server would use. `Request::try_from(form.get()).err().unwrap_or_default()` is such a function.
    pub fn new(check: impl Fn() -> Violations + Send + Sync + 'static) -> Self {
        Self {
            check: StoredValue::new(Arc::new(check)),
            errors: RwSignal::new(Vec::new()),
            fields: StoredValue::new(Vec::new()),
            failure: RwSignal::new(None),
            busy: RwSignal::new(false),
            dirty: RwSignal::new(false),
            submitted: RwSignal::new(false),
            request_id: StoredValue::new(dom::random_hex()),
            pressed: StoredValue::new(false),
            left_by_press: StoredValue::new(Vec::new()),
        }
    }

    /// The idempotency key of what is being sent: the same for each try until one succeeds.
    pub fn request_id(self) -> String {
        self.request_id.get_value()
    }

    /// Whether the form is being sent.
    pub fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Whether something was changed since it was last saved.
    pub fn dirty(self) -> Signal<bool> {
        self.dirty.into()
    }

    /// Nothing is left to be saved: leaving asks no question.
    pub fn settle(self) {
        self.dirty.set(false);
    }

    /// The failure of the last try, unless it only concerned fields.
    pub(crate) fn failure(self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// All that is wrong with the field at this path.
    pub(crate) fn wrong(self, path: Path) -> Memo<Vec<String>> {
        let here = move |(found, message): &(String, String)| belongs(found, &path).then(|| message.clone());
        Memo::new(move |_| self.errors.with(|errors| errors.iter().filter_map(&here).collect()))
    }

    /// Everything that is wrong: the label and the element of its field, where there is one, and the message.
    pub(crate) fn summary(self) -> Vec<(Option<Registered>, String)> {
        let errors = self.errors.get();
        self.fields.with_value(|fields| {
            let field = |path: &str| fields.iter().find(|field| belongs(path, &field.path)).cloned();
            errors.into_iter().map(|(path, message)| (field(&path), message)).collect()
        })
    }

    /// Whether the last try to send found something wrong.
    pub(crate) fn refused(self) -> bool {
        self.submitted.get() && !self.errors.with(Vec::is_empty)
    }

    /// A field appeared.
    pub(crate) fn register(self, field: Registered) {
        let id = field.id.clone();
        self.fields.update_value(|fields| fields.push(field));
        on_cleanup(move || {
            self.fields.try_update_value(|fields| fields.retain(|field| field.id != id));
        });
    }

    /// The value at this path was changed. What was wrong there is looked at again; nothing new is said while somebody types.
    pub(crate) fn edited(self, path: &str) {
        self.dirty.set(true);
        if self
            .errors
            .with_untracked(|errors| errors.iter().any(|(found, _)| belongs(found, path)))
        {
            self.recheck(path);
        }
    }

    /// A pointer went down.
    pub(crate) fn press(self) {
        self.pressed.set_value(true);
    }

    /// The pointer went up, and what was under it got its click.
    pub(crate) fn release(self) {
        self.pressed.try_set_value(false);
        let left = self.left_by_press.try_update_value(std::mem::take).unwrap_or_default();
        left.iter().for_each(|path| self.left(path));
    }

    /// The field at this path was left. While a pointer is down nothing is said: a remark that appeared now would move the button away from under it,
    /// and the click would be lost.
    pub(crate) fn left(self, path: &str) {
        if self.pressed.try_get_value() == Some(true) {
            self.left_by_press.update_value(|left| left.push(path.to_owned()));
            return;
        }
        // A field is also left when its form goes away; then there is nothing to check any more.
        if self.dirty.try_get_untracked() == Some(true) || self.submitted.try_get_untracked() == Some(true) {
            self.recheck(path);
        }
    }

    /// Looks at one path again. What is said elsewhere stays in its place: somebody may be about to press it.
    fn recheck(self, path: &str) {
        let mut found = self.check.with_value(|check| check());
        found.retain(|(at, _)| belongs(at, path));
        let said = self
            .errors
            .with_untracked(|errors| errors.iter().filter(|(at, _)| belongs(at, path)).cloned().collect::<Violations>());
        if said != found {
            self.errors.update(|errors| {
                let place = errors.iter().position(|(at, _)| belongs(at, path)).unwrap_or(errors.len());
                errors.retain(|(at, _)| !belongs(at, path));
                errors.splice(place..place, found);
            });
        }
    }

    /// Begins to send, unless something is wrong or it is being sent already.
    pub(crate) fn begin(self) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        self.submitted.set(true);
        self.failure.set(None);
        self.errors.set(self.check.with_value(|check| check()));
        let fine = self.errors.with_untracked(Vec::is_empty);
        self.busy.set(fine);
        fine
    }

    /// What came of sending.
    pub(crate) fn end(self, answer: Result<(), Failure>) {
        if self.tell(answer) {
            self.request_id.set_value(dom::random_hex());
            self.dirty.set(false);
        }
    }

    /// Tells what the server said, and whether it had nothing against it. Remarks on fields go to the fields, everything else is the failure of the form.
    pub(crate) fn tell(self, answer: Result<(), Failure>) -> bool {
        // A form that led to another page is gone.
        if self.busy.try_set(false).is_some() {
            return false;
        }
        let fine = answer.is_ok();
        match answer {
            Ok(()) => self.submitted.set(false),
            Err(failure) if failure.violations.is_empty() => self.failure.set(Some(failure)),
            Err(failure) => self.errors.set(failure.violations),
        }
        fine
    }
}

/// Whether a remark at `found` concerns the field at `path`: the same path, or one below it.
fn belongs(found: &str, path: &str) -> bool {
    !path.is_empty()
        && found
            .strip_prefix(path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    fn violation(path: &str, message: &str) -> (String, String) {
        (path.to_owned(), message.to_owned())
    }

    fn with_form(test: impl FnOnce(FormState, RwSignal<String>)) {
        let owner = Owner::new();
        owner.with(|| {
            let slug = RwSignal::new(String::new());
            let form = FormState::new(move || match slug.get_untracked().len() {
                0 => vec![violation("tenant.slug", "Enter a slug.")],
                1..3 => vec![violation("tenant.slug", "At least 3 letters.")],
                _ => Vec::new(),
            });
            test(form, slug);
        });
    }

    #[test]
    fn remarks_belong_to_their_field_and_the_paths_below_it() {
        assert!(belongs("price", "price") && belongs("price.minor_units", "price") && belongs("lines[2].text", "lines"));
        assert!(!belongs("prices", "price") && !belongs("price", "price.minor_units") && !belongs("price", ""));
    }

    #[test]
    fn nothing_is_said_while_somebody_types_for_the_first_time() {
        with_form(|form, slug| {
            let wrong = form.wrong("tenant.slug".into());
            form.left("tenant.slug");
            assert_eq!(wrong.get(), NONE, "an untouched field that is passed by");
            slug.set("a".into());
            form.edited("tenant.slug");
            assert_eq!(wrong.get(), NONE);
            form.left("tenant.slug");
            assert_eq!(wrong.get(), ["At least 3 letters."]);
            slug.set("acme".into());
            form.edited("tenant.slug");
            assert_eq!(wrong.get(), NONE);
        });
    }

    #[test]
    fn a_press_is_over_before_anything_is_said() {
        with_form(|form, slug| {
            let wrong = form.wrong("tenant.slug".into());
            slug.set("a".into());
            form.edited("tenant.slug");
            form.press();
            form.left("tenant.slug");
            assert_eq!(wrong.get(), NONE);
            form.release();
            assert_eq!(wrong.get(), ["At least 3 letters."]);
        });
    }

    #[test]
    fn it_is_sent_once_and_with_the_same_key_until_it_succeeds() {
        with_form(|form, slug| {
            assert!(!form.begin(), "it is not sent while something is wrong");
            assert!(form.refused());
            slug.set("acme".into());
            let key = form.request_id();
            assert!(form.begin());
            assert!(!form.begin(), "a second click sends nothing");
            form.end(Err(Failure::new("The server is away.")));
            assert_eq!(
                form.failure().get().map(|failure| failure.message).as_deref(),
                Some("The server is away.")
            );
            assert_eq!(form.request_id(), key);
            assert!(form.begin());
            let remarks = ["This slug is taken.", "This slug is odd."];
            let taken = Failure {
                violations: remarks.map(|remark| violation("tenant.slug", remark)).to_vec(),
                ..Failure::default()
            };
            form.end(Err(taken));
            assert_eq!(form.wrong("tenant.slug".into()).get(), remarks);
            assert_eq!(form.failure().get(), None);
        });
    }
}
