//! Shows data that may not be there yet.

use leptos::prelude::*;

use crate::{
    failure::FailureNotice,
    remote::{Around, Remote},
};

/// A skeleton while the first answer is awaited, a notice with a retry when it failed, and then the content, which stays while a
/// new answer is awaited: a thin bar shows that. The content gets a signal, so that it is updated in place.
#[component]
pub fn Load<T, C, V>(
    /// The data.
    data: Remote<T>,
    /// What it is, as the start of a sentence: `The tenant`.
    #[prop(into)]
    what: String,
    /// What stands in for the content; a card of lines when it is left out.
    #[prop(optional)]
    skeleton: Option<ViewFn>,
    /// Makes the content.
    children: C,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    C: Fn(Signal<T>) -> V + Send + 'static,
    V: IntoView + 'static,
{
    frame(
        data.around(),
        what,
        skeleton,
        Box::new(move || data.present().map(|value| children(value).into_any())),
    )
}

/// What is the same for all kinds of data.
fn frame(data: Around, what: String, skeleton: Option<ViewFn>, content: Box<dyn Fn() -> Option<AnyView> + Send>) -> AnyView {
    let (there, failed) = (data.there, data.failed());
    let problem = move || {
        failed.get().then(|| {
            let what = what.clone();
            let title = Signal::derive(move || match there.get() {
                true => format!("{what} could not be updated; what you see is from before"),
                false => format!("{what} could not be loaded"),
            });
            view! { <FailureNotice title=title failure=data.shown_failure() on_retry=data.reload /> }
        })
    };
    let content = move || match there.get() {
        true => content(),
        false if failed.get() => None,
        false => Some(skeleton.as_ref().map_or_else(|| view! { <SkeletonCard /> }.into_any(), ViewFn::run)),
    };
    view! {
        <div class="load" aria-busy=move || data.pending.get().to_string()>
            <ProgressBar shown=data.updating() />
            {problem}
            {content}
        </div>
    }
    .into_any()
}

/// The thin bar over content that is being asked for again.
#[component]
pub(crate) fn ProgressBar(shown: Signal<bool>) -> impl IntoView {
    view! { <div class="progress-bar" hidden=move || !shown.get() aria-hidden="true"></div> }
}

/// A card of grey lines.
#[component]
pub fn SkeletonCard(
    /// How many lines.
    #[prop(default = 4)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="card">
            <div class="card-body">
                <SkeletonLines lines=lines />
            </div>
        </div>
    }
}

/// Stands in for a dashboard: four tiles, and two rows of cards.
#[component]
pub fn SkeletonDashboard() -> impl IntoView {
    let cards = |count: usize, lines: usize| (0..count).map(|_| view! { <SkeletonCard lines=lines /> }).collect_view();
    view! {
        <div class="stack">
            <div class="kpi-grid">{cards(4, 3)}</div>
            {cards(1, 8)}
            <div class="grid-2">{cards(2, 6)}</div>
        </div>
    }
}

/// Stands in for a page that is not there yet: a heading and a card.
#[component]
pub fn SkeletonPage() -> impl IntoView {
    view! {
        <div class="page-head" aria-hidden="true">
            <div class="skeleton-heading"></div>
        </div>
        <SkeletonCard lines=8 />
    }
}

/// Grey lines in the place of text.
#[component]
pub fn SkeletonLines(
    /// How many.
    #[prop(default = 3)]
    lines: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton-lines" role="status">
            <span class="sr-only">"Loading"</span>
            {(0..lines).map(|_| view! { <div class="skeleton-line"></div> }).collect_view()}
        </div>
    }
}
