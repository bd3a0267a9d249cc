//! Parts of a portal that are loaded when they are first shown. A portal is one main module and one chunk for each area of its pages; the
//! build cuts them apart where [`chunk!`](crate::chunk) says, and what several need stays in the main module or gets a file of its own.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use leptos::{prelude::*, task::spawn_local};
use portal_ui::{Failure, FailureNotice, PageHeading, SkeletonPage};

/// A chunk did not come.
pub type Lost = leptos::wasm_split::SplitLoaderError;

/// Something that is there once a chunk is.
pub type Coming<T> = Pin<Box<dyn Future<Output = Result<T, Lost>>>>;

/// The pages of one area. `P` says which of them is meant.
pub struct Chunk<P: 'static> {
    fetch: fn() -> Coming<()>,
    draw: fn(P) -> Coming<AnyView>,
}

impl<P: Clone + Send + Sync + 'static> Chunk<P> {
    /// What [`chunk!`](crate::chunk) makes.
    pub const fn new(fetch: fn() -> Coming<()>, draw: fn(P) -> Coming<AnyView>) -> Self {
        Self { fetch, draw }
    }

    /// Loads the chunk ahead of its use.
    pub const fn fetch(&self) -> fn() -> Coming<()> {
        self.fetch
    }

    /// A page: at once where the chunk is there, and else its skeleton until it is.
    pub fn page(&self, page: P) -> AnyView {
        let draw = self.draw;
        shown(self.fetch, Box::new(move || at_once(&mut draw(page.clone()))))
    }
}

/// Where a chunk stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Coming,
    Here,
    Lost,
}

impl Stage {
    fn after(answer: Result<(), Lost>) -> Self {
        if answer.is_ok() { Self::Here } else { Self::Lost }
    }
}

/// What does not depend on the page.
fn shown(fetch: fn() -> Coming<()>, draw: Box<dyn Fn() -> Poll<Result<AnyView, Lost>> + Send>) -> AnyView {
    let stage = RwSignal::new(Stage::Coming);
    let begin = move || {
        let mut coming = fetch();
        if let Poll::Ready(answer) = at_once(&mut coming) {
            stage.set(Stage::after(answer));
            return;
        }
        stage.set(Stage::Coming);
        spawn_local(async move {
            // The page may have been left meanwhile.
            let _ = stage.try_set(Stage::after(coming.await));
        });
    };
    begin();
    let page = move || match stage.get() {
        Stage::Coming => view! { <SkeletonPage /> }.into_any(),
        Stage::Here => match draw() {
            Poll::Ready(Ok(page)) => page,
            _ => lost(begin),
        },
        Stage::Lost => lost(begin),
    };
    page.into_any()
}

/// Stands in for a page whose chunk did not come.
fn lost(again: impl Fn() + Send + Sync + 'static) -> AnyView {
    let failure =
        Failure::new("Check your connection and try again. If the portal was updated meanwhile, reload the page to get the new version.");
    // The router leaves an external link to the browser, which then asks for the page anew.
    let here = window().location().href().unwrap_or_default();
    view! {
        <PageHeading title="Page not loaded">
            <a class="btn btn-plain" rel="external" href=here>
                "Reload the page"
            </a>
        </PageHeading>
        <FailureNotice title="This page could not be loaded" failure=Signal::stored(failure) on_retry=move |()| again() />
    }
    .into_any()
}

/// How long the first page has the network to itself.
const LATER: Duration = Duration::from_secs(1);

/// Loads chunks ahead of their use, one after the other, when the browser has nothing else to do. What does not come now is asked for again
/// when it is needed.
pub(crate) fn fetch_later(chunks: &'static [fn() -> Coming<()>]) {
    let begin = move || {
        spawn_local(async move {
            for fetch in chunks {
                let _ = fetch().await;
            }
        });
    };
    let when_idle = move || {
        // Not every browser says when it is idle.
        if request_idle_callback_with_handle(begin).is_err() {
            begin();
        }
    };
    set_timeout(when_idle, LATER);
}

/// What is there without waiting.
fn at_once<T>(coming: &mut Coming<T>) -> Poll<Result<T, Lost>> {
    coming.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Makes a [`Chunk`]: its name, what tells its pages apart, and what draws them.
///
/// ```ignore
/// #[derive(Clone)]
/// pub enum Page { List, One(String) }
///
/// portal_app::chunk! {
///     /// Everything about plans.
///     pub PLANS = plans(page: Page) match page {
///         Page::List => view! { <Plans /> }.into_any(),
///         Page::One(id) => view! { <PlanPage id=id /> }.into_any(),
///     }
/// }
/// ```
#[macro_export]
macro_rules! chunk {
    ($(#[$doc:meta])* $vis:vis $constant:ident = $name:ident($page:ident: $kind:ty) $draw:expr) => {
        $(#[$doc])*
        $vis const $constant: $crate::Chunk<$kind> = {
            #[$crate::wasm_split::wasm_split($name, fallible, preload(fetch), wasm_split_path = $crate::wasm_split)]
            fn $name($page: $kind) -> Result<::leptos::prelude::AnyView, $crate::Lost> {
                Ok($draw)
            }
            $crate::Chunk::new(|| Box::pin(fetch()), |page| Box::pin($name(page)))
        };
    };
}
