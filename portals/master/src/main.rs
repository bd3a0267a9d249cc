//! The vendor's portal.

mod app;
mod names;
mod pages;

fn main() {
    portal_app::start(app::PORTAL);
}
