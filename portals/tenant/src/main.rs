//! An ISP's portal.

mod app;
mod banner;
mod pages;

fn main() {
    portal_app::start(app::PORTAL);
}
