//! A value that a field shows and changes.

use leptos::prelude::*;

/// One value: a signal of its own, or a part of a form's struct.
pub struct Bind<T: Send + Sync + 'static> {
    get: Signal<T>,
    set: Callback<T>,
}

impl<T: Send + Sync + 'static> Clone for Bind<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Bind<T> {}

impl<T: Clone + Send + Sync + 'static> Bind<T> {
    /// A part of a struct that is kept in one signal; [`crate::bind!`] writes the two functions.
    pub fn part<S: Send + Sync + 'static>(whole: RwSignal<S>, get: fn(&S) -> T, set: fn(&mut S, T)) -> Self {
        Self {
            get: Signal::derive(move || whole.with(get)),
            set: Callback::new(move |value| whole.update(|whole| set(whole, value))),
        }
    }

    /// The value.
    pub fn get(self) -> T {
        self.get.get()
    }

    /// The value, without asking to be told of changes.
    pub fn get_untracked(self) -> T {
        self.get.get_untracked()
    }

    /// Changes the value.
    pub fn set(self, value: T) {
        self.set.run(value);
    }
}

impl<T: Clone + Send + Sync + 'static> From<RwSignal<T>> for Bind<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self {
            get: signal.into(),
            set: Callback::new(move |value| signal.set(value)),
        }
    }
}

/// A part of a form's struct as a [`Bind`]: `bind!(form.contact.email)` where `form` is an `RwSignal` of the struct.
#[macro_export]
macro_rules! bind {
    ($form:ident . $($field:ident).+) => {
        $crate::Bind::part($form, |form| form.$($field).+.clone(), |form, value| form.$($field).+ = value)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Contact {
        email: String,
    }

    #[derive(Default)]
    struct New {
        contact: Contact,
    }

    #[test]
    fn a_part_changes_inside_the_whole() {
        let owner = Owner::new();
        owner.with(|| {
            let form = RwSignal::new(New::default());
            let email = bind!(form.contact.email);
            email.set("ops@example.net".into());
            assert_eq!(form.with(|form| form.contact.email.clone()), "ops@example.net");
            assert_eq!(email.get(), "ops@example.net");
        });
    }
}
