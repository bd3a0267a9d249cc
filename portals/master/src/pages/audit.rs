//! Everything that was changed, by whom.

use leptos::prelude::*;
use portal_app::{AuditTable, list_state};
use portal_ui::PageHeading;

/// The page.
#[component]
pub fn Audit() -> impl IntoView {
    let list = list_state("audit");
    view! {
        <PageHeading title="Audit log" subtitle=Signal::stored(Some("Every change, with its author and the values before and after it, and every refused attempt.".to_owned())) />
        <AuditTable list=list />
    }
}
