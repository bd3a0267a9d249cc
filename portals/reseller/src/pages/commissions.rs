//! The commissions.

use leptos::prelude::*;
use portal_app::{CommissionTable, Filters, list_state};
use portal_client::pb;
use portal_ui::PageHeading;

/// The page.
#[component]
pub fn Commissions() -> impl IntoView {
    view! {
        <PageHeading
            title="Commissions"
            subtitle=Signal::stored(Some("What you earned on each payment of your customers.".to_owned()))
        />
        <CommissionTable list=list_state("commissions") within=Filters::new() href=href />
    }
}

/// Where a commission has its page.
pub fn href(commission: &pb::Commission) -> String {
    format!("/reseller/commissions/{}", commission.id)
}
