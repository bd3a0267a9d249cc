//! The frame of every page after sign-in: sidebar, top bar, account menu, content.

mod account;
mod drawer;
mod nav;
mod theme;
mod zone;

use leptos::prelude::*;

pub use account::{Account, AccountLink};
pub use nav::{NavGroup, NavItem};
pub use theme::ThemeSwitch;

use crate::{
    dom,
    icon::{Icon, IconView},
};
use account::AccountMenu;
use drawer::Drawer;
use nav::NavLinks;
pub(crate) use zone::provide_zone;

/// Whose console this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The name.
    pub name: String,
    /// Which portal, as a quiet word behind the name; may be empty.
    pub portal: String,
}

/// The mark and the name; also for a sign-in page.
#[component]
pub fn BrandMark(
    /// Whose.
    #[prop(into)]
    brand: Signal<Brand>,
) -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect x="3" y="3" width="11" height="11" rx="3"></rect>
            <rect x="18" y="3" width="11" height="11" rx="3" class="soft"></rect>
            <rect x="3" y="18" width="11" height="11" rx="3" class="soft"></rect>
            <rect x="18" y="18" width="11" height="11" rx="3"></rect>
        </svg>
        <span class="nav-label">
            {move || brand.get().name} " " <span class="brand-portal">{move || brand.get().portal}</span>
        </span>
    }
}

/// The frame: skip link, sidebar (collapses to icons, the choice is kept), drawer under 1024 px, top bar with the account menu, `<main>`.
#[component]
pub fn Shell(
    /// Name and portal at the top of the sidebar.
    #[prop(into)]
    brand: Signal<Brand>,
    /// The navigation.
    nav: Vec<NavGroup>,
    /// The current path, with the portal's own: `/master/tenants`.
    #[prop(into)]
    current: Signal<String>,
    /// Who is signed in.
    #[prop(into)]
    account: Signal<Account>,
    /// Links of the account menu.
    #[prop(optional)]
    account_links: Vec<AccountLink>,
    /// Sign out was chosen.
    #[prop(into)]
    on_sign_out: Callback<()>,
    /// What stands at the start of the top bar, such as the name of the tenant.
    #[prop(optional, into)]
    context: ViewFn,
    /// What stands above the page on every page, such as a banner.
    #[prop(optional, into)]
    banner: ViewFn,
    /// The page.
    children: Children,
) -> impl IntoView {
    const COLLAPSED: &str = "sidebar-collapsed";
    provide_context(brand);
    let collapsed = RwSignal::new(dom::stored(COLLAPSED).is_some());
    let drawer_open = RwSignal::new(false);
    let groups = StoredValue::new(nav);
    let toggle = move |_| {
        let now = !collapsed.get();
        dom::store(COLLAPSED, now.then_some("yes"));
        collapsed.set(now);
    };
    let toggle_label = move || {
        if collapsed.get() { "Expand sidebar" } else { "Collapse sidebar" }
    };
    view! {
        <a class="skip-link" href="#content" on:click=skip>
            "Skip to content"
        </a>
        <div class="shell" data-collapsed=move || collapsed.get().to_string()>
            <aside class="shell-sidebar" aria-label="Sidebar">
                <div class="nav">
                    <div class="nav-brand">
                        <BrandMark brand=brand />
                    </div>
                    <NavLinks groups=groups current=current />
                    <div class="nav-foot">
                        <button
                            type="button"
                            class="nav-link nav-toggle"
                            aria-expanded=move || (!collapsed.get()).to_string()
                            title=toggle_label
                            on:click=toggle
                        >
                            <IconView icon=Icon::Sidebar />
                            <span class="nav-label">{toggle_label}</span>
                        </button>
                    </div>
                </div>
            </aside>
            <Drawer open=drawer_open brand=brand groups=groups current=current />
            <div class="shell-main">
                <header class="topbar">
                    <button
                        type="button"
                        class="btn btn-ghost btn-square lg:hidden"
                        aria-label="Open navigation"
                        on:click=move |_| drawer_open.set(true)
                    >
                        <IconView icon=Icon::Menu />
                    </button>
                    <div class="topbar-context">{context.run()}</div>
                    <AccountMenu account=account links=account_links on_sign_out=on_sign_out />
                </header>
                {banner.run()}
                <main id="content" class="page" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
    }
}

/// Moves the focus to the content; the address keeps its fragment out, which a router may read.
fn skip(event: web_sys::MouseEvent) {
    event.prevent_default();
    event.stop_propagation();
    dom::focus_id("content");
}
