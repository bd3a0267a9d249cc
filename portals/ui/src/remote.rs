//! Data that a page asked for: not there yet, there, being asked for again, failed.

use std::future::Future;

use leptos::{prelude::*, task::spawn_local};

use crate::failure::Failure;

/// The state of one piece of data. It can be copied; all copies are the same.
pub struct Remote<T: Send + Sync + 'static> {
    value: RwSignal<Option<T>>,
    failure: RwSignal<Option<Failure>>,
    pending: RwSignal<bool>,
    asked: RwSignal<u32>,
}

/// What is the same for all kinds of data, so that what is drawn around them is compiled once. It can be copied.
#[derive(Clone, Copy)]
pub(crate) struct Around {
    /// Whether there is a value.
    pub there: Signal<bool>,
    /// The last failure.
    pub failure: Signal<Option<Failure>>,
    /// Whether an answer is awaited.
    pub pending: Signal<bool>,
    /// Asks again.
    pub reload: Callback<()>,
}

impl Around {
    /// Whether the last try failed.
    pub fn failed(self) -> Memo<bool> {
        Memo::new(move |_| self.failure.with(Option::is_some))
    }

    /// The failure, for a notice.
    pub fn shown_failure(self) -> Signal<Failure> {
        Signal::derive(move || self.failure.get().unwrap_or_default())
    }

    /// Whether something newer than what is shown is awaited.
    pub fn updating(self) -> Signal<bool> {
        Signal::derive(move || self.there.get() && self.pending.get())
    }
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: Clone + Send + Sync + 'static> Remote<T> {
    /// Nothing yet, and nothing asked for.
    pub fn empty() -> Self {
        Self {
            value: RwSignal::new(None),
            failure: RwSignal::new(None),
            pending: RwSignal::new(false),
            asked: RwSignal::new(0),
        }
    }

    /// Loads with `fetch` now, and again whenever a signal changes that `fetch` reads before its first await.
    /// The old value stays meanwhile. Of several answers only the one to the last question counts.
    pub fn load<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + 'static,
        Fut: Future<Output = Result<T, Failure>> + 'static,
    {
        let remote = Self::empty();
        remote.pending.set(true);
        let newest = StoredValue::new(0u32);
        Effect::new(move |_| {
            remote.asked.track();
            let answer = fetch();
            newest.update_value(|number| *number += 1);
            let number = newest.get_value();
            remote.pending.set(true);
            spawn_local(async move {
                let answer = answer.await;
                // The page may be gone, or may have asked for something else since.
                if newest.try_get_value() == Some(number) {
                    remote.answer(answer);
                }
            });
        });
        remote
    }

    /// Asks again.
    pub fn reload(self) {
        self.asked.update(|asked| *asked = asked.wrapping_add(1));
    }

    /// The same data in another form: it is loaded, fails and is asked for again together with this.
    pub fn map<U: Clone + Send + Sync + 'static>(self, form: impl Fn(&T) -> U + 'static) -> Remote<U> {
        let mapped = Remote {
            value: RwSignal::new(None),
            failure: self.failure,
            pending: self.pending,
            asked: self.asked,
        };
        Effect::new(move |_| mapped.value.set(self.value.with(|value| value.as_ref().map(&form))));
        mapped
    }

    /// A part of this data, to be shown inside of what is loaded as a whole: a failure is told there, once.
    pub fn part<U: Clone + Send + Sync + 'static>(self, form: impl Fn(&T) -> U + 'static) -> Remote<U> {
        let part = Remote::empty();
        Effect::new(move |_| part.value.set(self.value.with(|value| value.as_ref().map(&form))));
        part
    }

    /// Puts a value in, as a live stream does.
    pub fn set(self, value: T) {
        self.answer(Ok(value));
    }

    /// Changes the value if it is there.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.value.update(|value| {
            if let Some(value) = value {
                change(value);
            }
        });
    }

    /// Takes an answer; a failure leaves the old value.
    pub fn answer(self, answer: Result<T, Failure>) {
        match answer {
            Ok(value) => {
                self.failure.set(None);
                self.value.set(Some(value));
            }
            Err(failure) => self.failure.set(Some(failure)),
        }
        self.pending.set(false);
    }

    /// The value, when there is one.
    pub fn value(self) -> Signal<Option<T>> {
        self.value.into()
    }

    /// The last failure, until something succeeds.
    pub fn failure(self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// Whether an answer is awaited.
    pub fn pending(self) -> Signal<bool> {
        self.pending.into()
    }

    /// Whether there is a value.
    pub(crate) fn is_there(self) -> Memo<bool> {
        Memo::new(move |_| self.value.with(Option::is_some))
    }

    /// All that is known of it but the value.
    pub(crate) fn around(self) -> Around {
        Around {
            there: self.is_there().into(),
            failure: self.failure(),
            pending: self.pending(),
            reload: Callback::new(move |()| self.reload()),
        }
    }

    /// The value as a signal of its own, once it is there. It changes with the value.
    pub(crate) fn present(self) -> Option<Signal<T>> {
        let shown = RwSignal::new(self.value.get_untracked()?);
        Effect::new(move |before: Option<()>| {
            // The first run sees what `shown` was made with.
            let value = self.value.get();
            if let (Some(()), Some(value)) = (before, value) {
                shown.set(value);
            }
        });
        Some(shown.into())
    }
}
