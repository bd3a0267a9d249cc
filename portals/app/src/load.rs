//! Data from the server.

use std::future::Future;

use leptos::prelude::*;
use portal_client::{Code, RpcError};
use portal_ui::{Failure, Load, PageHeading, Remote};

use crate::{
    me::Me,
    pages::{Forbidden, NotFound},
    refusal::refusal,
    words::capital,
};

/// What helps where the role is too small.
const ASK: &str = "An admin of your account can give you a role that may.";

/// A refused or lost call, as a page shows it.
pub fn failure(error: RpcError) -> Failure {
    let refused = error.refused.as_ref();
    Failure {
        message: refused.map_or(error.message, |refused| format!("{} {ASK}", refusal(refused))),
        request_id: error.request_id,
        violations: error
            .violations
            .into_iter()
            .map(|(path, remark)| (path, sentence(&remark)))
            .collect(),
        uncertain: error.uncertain,
        missing: error.code == Code::NotFound,
        refused: error.refused.map(|refused| refused.permission),
    }
}

/// The server's remark on a field, `is taken`, as a sentence: `Is taken.`
fn sentence(remark: &str) -> String {
    let text = capital(remark.trim());
    match text.is_empty() || text.ends_with(['.', '!', '?']) {
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
    load_with(fetch, failure)
}

fn load_with<T, F, Fut>(fetch: F, failure: impl Fn(RpcError) -> Failure + Copy + 'static) -> Remote<T>
where
    T: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<T, RpcError>> + 'static,
{
    let me = Me::here();
    Remote::load(move || {
        me.renewed().track();
        let answer = fetch();
        async move {
            answer.await.map_err(|error| {
                if error.refused.is_some() {
                    me.look_again();
                }
                failure(error)
            })
        }
    })
}

/// The one thing that a page is about. An address with a malformed id leads to nothing, like one with the id of something that is gone.
pub fn load_object<T, F, Fut>(fetch: F) -> Remote<T>
where
    T: Clone + Send + Sync + 'static,
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = Result<T, RpcError>> + 'static,
{
    load_with(fetch, |error| {
        let missing = matches!(error.code, Code::NotFound | Code::InvalidArgument);
        Failure { missing, ..failure(error) }
    })
}

/// What a page is about: its skeleton, its content, or the page that says that there is no such thing, or not for this role.
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
    let refused = Memo::new(move |_| data.failure().with(|failure| failure.as_ref()?.refused.clone()));
    let children = StoredValue::new(children);
    // Without its content a page has no name of its own.
    let lost = Memo::new(move |_| data.failure().with(Option::is_some) && data.value().with(Option::is_none));
    let unnamed = move || {
        lost.get()
            .then(|| view! { <PageHeading title=capital(what.trim_start_matches("The ")) /> })
    };
    move || match (missing.get(), refused.get()) {
        (true, _) => view! { <NotFound /> }.into_any(),
        (_, Some(permission)) => view! { <Forbidden permission=permission /> }.into_any(),
        _ => view! {
            {unnamed}
            <Load data=data what=what children=move |value| children.with_value(|children| children(value)) />
        }
        .into_any(),
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
