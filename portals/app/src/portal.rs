//! Which of the three portals this is.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::Icon;

use crate::chunk::Coming;

/// What tells one portal from the others.
#[derive(Clone, Copy)]
pub struct Portal {
    /// Its kind in the contract.
    pub kind: pb::Portal,
    /// Its name, as a quiet word behind the brand: `Master`.
    pub name: &'static str,
    /// Its path: `/master`.
    pub base: &'static str,
    /// The address of its page for one's own password, [`crate::Password`].
    pub password: &'static str,
    /// The service that its pages call, as permissions name it: `/tenantry.v1.MasterAdminService/`.
    pub service: &'static str,
    /// Its navigation. A link whose RPC the role may not call is left out, and so is a group without links.
    pub nav: fn() -> Vec<Section>,
    /// The routes, for the frame to show.
    pub pages: fn() -> AnyView,
    /// The chunks that its pages are in; they are loaded when the browser has nothing else to do.
    pub chunks: &'static [fn() -> Coming<()>],
    /// What stands above every page, such as a notice about the account.
    pub banner: fn() -> AnyView,
}

/// A group of the navigation.
pub struct Section {
    /// The title above the links.
    pub title: Option<&'static str>,
    /// The links.
    pub links: Vec<Link>,
}

/// A link of the navigation.
pub struct Link {
    /// Its text.
    pub label: &'static str,
    /// Its complete address: `/master/tenants`.
    pub href: &'static str,
    /// Its icon.
    pub icon: Icon,
    /// The RPC that its page begins with: `ListTenants`.
    pub rpc: &'static str,
}

impl Link {
    /// A link.
    pub fn new(label: &'static str, href: &'static str, icon: Icon, rpc: &'static str) -> Self {
        Self { label, href, icon, rpc }
    }
}
