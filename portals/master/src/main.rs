//! The vendor's portal.

mod app;

use portal_ui::PanicReport;

fn main() {
    portal_ui::start(report, app::App);
}

/// A panic goes to the console, where the browser keeps it with its address.
fn report(report: &PanicReport) {
    leptos::logging::error!("{} {}", report.id, report.message);
}
