//! The log of an instance, as it is written.

use leptos::prelude::*;
use portal_ui::{Card, FailureNotice, LogLines, LogView};

use crate::watch::follow_log;

/// The log. It is followed while it is on the page, and says so itself when it is not; the page around it has the banner.
#[component]
pub fn InstanceLog(
    /// The instance.
    deployment_id: String,
) -> impl IntoView {
    let lines = LogLines::new();
    let live = follow_log(deployment_id, lines);
    let failed = move || {
        live.failure().get().map(
            |failure| view! { <FailureNotice title="The log could not be read" failure=Signal::stored(failure) on_retry=live.retry() /> },
        )
    };
    view! {
        <div class="stack">
            {failed}
            <Card flush=true>
                <LogView lines=lines state=live.state() label="Log of the instance" empty="Nothing has been written yet. New lines appear here by themselves." />
            </Card>
        </div>
    }
}
