//! Every component of `portal-ui` on pages like those of a portal, with made-up data. For the eye and for the browser tests.
//!
//! ```text
//! scripts/portals.sh build --dev --app gallery
//! cd tests/browser && node support/static.mjs gallery ../../target/portals/gallery
//! ```

mod app;
mod data;
mod pages;

fn main() {
    portal_ui::start(|report| leptos::logging::error!("{} {}", report.id, report.message), app::App);
}
