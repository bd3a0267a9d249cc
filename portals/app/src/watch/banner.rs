//! Says that what is on the page does not change by itself at the moment.

use leptos::prelude::*;
use portal_ui::{FailureNotice, ReconnectingBanner};

use super::Live;

/// A banner while the stream is tried again, and a notice when it was given up; nothing while it is live.
#[component]
pub fn LiveBanner(
    /// The stream.
    live: Live,
) -> impl IntoView {
    // What is not there has a page that says so.
    let failed = move || {
        live.failure().get().filter(|failure| !failure.missing).map(
            |failure| view! { <FailureNotice title="What you see does not change by itself" failure=Signal::stored(failure) on_retry=live.retry() /> },
        )
    };
    view! {
        <ReconnectingBanner state=live.state() on_retry=live.retry() />
        {failed}
    }
}
