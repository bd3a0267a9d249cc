//! A channel partner's portal.

mod app;
mod pages;

fn main() {
    portal_app::start(app::PORTAL);
}
