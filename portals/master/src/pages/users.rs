//! Everybody who can sign in.

use leptos::prelude::*;
use portal_app::PeoplePage;

/// The page.
#[component]
pub fn Users() -> impl IntoView {
    view! { <PeoplePage /> }
}
