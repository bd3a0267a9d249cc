//! What was changed in the account, and by whom.

use leptos::prelude::*;
use portal_app::{AuditTable, list_state};
use portal_ui::PageHeading;

/// The page.
#[component]
pub fn Audit() -> impl IntoView {
    view! {
        <PageHeading
            title="Audit log"
            subtitle=Signal::stored(Some("Every change in your account, by your people and by your provider, and every refused attempt.".to_owned()))
        />
        <AuditTable list=list_state("audit") />
    }
}
