//! The shell around the pages of a person who is signed in.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use portal_ui::{Account, AccountLink, Brand, Icon, NavGroup, NavItem, Shell, role_word};

use crate::{chunk::fetch_later, me::Me, pages::AccountSwitch};

/// The shell. It is made anew for another account or role, so that nothing of one is left in the other.
#[component]
pub fn Frame() -> impl IntoView {
    let me = Me::here();
    fetch_later(me.portal().chunks);
    let place = me.place();
    move || {
        place.track();
        view! { <Inside /> }
    }
}

#[component]
fn Inside() -> impl IntoView {
    let me = Me::here();
    let portal = me.portal();
    let brand = Brand {
        name: "Tenantry".into(),
        portal: portal.name.into(),
    };
    let account = Signal::derive(move || {
        me.session().with(|session| {
            let user = session.user.clone().unwrap_or_default();
            Account {
                name: user.display_name,
                email: user.email,
                role: role_word(session.role()).to_owned(),
            }
        })
    });
    let password = AccountLink {
        label: "Change password",
        href: portal.password,
        icon: Icon::Key,
    };
    view! {
        <Shell
            brand=Signal::stored(brand)
            nav=allowed_nav(me)
            current=use_location().pathname
            account=account
            account_links=vec![password]
            on_sign_out=move |()| me.sign_out()
            context=AccountSwitch
            banner=portal.banner
        >
            {(portal.pages)()}
        </Shell>
    }
}

/// The navigation without what the role may not see.
fn allowed_nav(me: Me) -> Vec<NavGroup> {
    let sections = (me.portal().nav)().into_iter();
    let groups = sections.map(|section| NavGroup {
        title: section.title,
        items: section
            .links
            .into_iter()
            .filter(|link| me.may(link.rpc))
            .map(|link| NavItem {
                label: link.label,
                href: link.href,
                icon: link.icon,
            })
            .collect(),
    });
    groups.filter(|group| !group.items.is_empty()).collect()
}
