//! A channel partner's portal.

mod app;

fn main() {
    portal_app::start(app::PORTAL);
}
