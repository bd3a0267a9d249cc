//! Data from the server.

use std::future::Future;

use leptos::prelude::*;
use portal_client::{Code, RpcError};
use portal_ui::{Failure, Load, Remote};

use crate::{me::Me, pages::NotFound};

/// A refused or lost call, as a page shows it.
pub fn failure(error: RpcError) -> Failure {
    Failure {
        message: error.message,
        request_id: error.request_id,
        violations: error
            .violations
            .into_iter()
            .map(|(path, remark)| (path, sentence(&remark)))
            .collect(),
        uncertain: error.uncertain,
        missing: error.code == Code::NotFound,
    }
}

/// The server's remark on a field, `is taken`, as a sentence: `Is taken.`
fn sentence(remark: &str) -> String {
    let mut letters = remark.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let text: String = first.to_uppercase().chain(letters).collect();
    match text.ends_with(['.', '!', '?']) {
        true => text,
        false => text + ".",
    }
}

/// Loads now, again when a signal changes that `fetch` reads before its first await, and again after a new sign-in.
pub fn load<T, F, Fut>(fetch: F) -> Remote<T>
where
    T: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<T, RpcError>> + 'static,
{
    let renewed = Me::here().renewed();
    Remote::load(move || {
        renewed.track();
        let answer = fetch();
        async move { answer.await.map_err(failure) }
    })
}

/// The one thing that a page is about. An address with a malformed id leads to nothing, like one with the id of something that is gone.
pub fn load_object<T, F, Fut>(fetch: F) -> Remote<T>
where
    T: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<T, RpcError>> + 'static,
{
    let renewed = Me::here().renewed();
    Remote::load(move || {
        renewed.track();
        let answer = fetch();
        async move {
            answer.await.map_err(|error| {
                let missing = matches!(error.code, Code::NotFound | Code::InvalidArgument);
                Failure { missing, ..failure(error) }
            })
        }
    })
}

/// What a page is about: its skeleton, its content, or the page that says that there is no such thing.
#[component]
pub fn LoadObject<T, C, V>(
    /// The data, from [`load_object`].
    data: Remote<T>,
    /// What it is, as the start of a sentence: `The tenant`.
    what: &'static str,
    /// Makes the content.
    children: C,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    C: Fn(Signal<T>) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let missing = Memo::new(move |_| {
        data.failure()
            .with(|failure| failure.as_ref().is_some_and(|failure| failure.missing))
    });
    let children = StoredValue::new(children);
    move || match missing.get() {
        true => view! { <NotFound /> }.into_any(),
        false => view! { <Load data=data what=what children=move |value| children.with_value(|children| children(value)) /> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_become_sentences() {
        assert_eq!(sentence("is taken"), "Is taken.");
        assert_eq!(sentence("Must be one of a, b."), "Must be one of a, b.");
        assert_eq!(sentence(""), "");
    }
}
