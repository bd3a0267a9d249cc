//! The apps that can be built.

use clap::ValueEnum;

/// One app: a crate, a folder under `dist` and a path on the server, all of the same name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum App {
    /// The vendor's portal.
    Master,
    /// The ISP's portal.
    Tenant,
    /// The channel partner's portal.
    Reseller,
    /// Every component of `portal-ui`; for development and for the browser tests.
    Gallery,
}

impl App {
    /// What a release consists of.
    pub const RELEASED: [App; 3] = [App::Master, App::Tenant, App::Reseller];

    /// The name of its folder and of its path on the server.
    pub fn name(self) -> &'static str {
        match self {
            App::Master => "master",
            App::Tenant => "tenant",
            App::Reseller => "reseller",
            App::Gallery => "gallery",
        }
    }

    /// The crate's name.
    pub fn package(self) -> String {
        format!("portal-{}", self.name())
    }

    /// The first title of the page, until the app sets its own.
    pub fn title(self) -> &'static str {
        match self {
            App::Gallery => "Component gallery",
            _ => "Tenantry",
        }
    }

    /// The style sheet that it is built from, below `portals/styles`.
    pub fn style_sheet(self) -> &'static str {
        match self {
            App::Gallery => "gallery.css",
            _ => "portal.css",
        }
    }
}
