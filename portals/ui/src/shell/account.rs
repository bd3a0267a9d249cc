//! The menu behind the user's name: who is signed in, the theme, the time zone, own links, sign out.

use leptos::{html, prelude::*};

use super::{theme::ThemeSwitch, zone::ZoneSwitch};
use crate::{
    icon::{Icon, IconView},
    popover::use_popover,
};

/// Who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The email address.
    pub email: String,
    /// The role, in words.
    pub role: String,
}

/// A link of the account menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLink {
    /// Its text.
    pub label: &'static str,
    /// Where it leads.
    pub href: &'static str,
    /// Its icon.
    pub icon: Icon,
}

/// Up to two first letters of a name.
fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .flat_map(char::to_uppercase)
        .collect()
}

/// The account menu.
#[component]
pub(crate) fn AccountMenu(account: Signal<Account>, links: Vec<AccountLink>, on_sign_out: Callback<()>) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let popover = use_popover(root);
    let links = links
        .into_iter()
        .map(|link| {
            view! {
                <a class="menu-item" href=link.href on:click=move |_| popover.close()>
                    <IconView icon=link.icon />
                    {link.label}
                </a>
            }
        })
        .collect_view();
    view! {
        <div class="popover-root" node_ref=root on:keydown=move |event| popover.on_keydown(&event) on:focusout=move |event| popover.on_focus_out(&event)>
            <button
                type="button"
                class="account-button"
                aria-expanded=move || popover.is_open().to_string()
                on:click=move |_| popover.toggle()
            >
                <span class="avatar" aria-hidden="true">{move || initials(&account.get().name)}</span>
                <span class="sr-only">"Account of "</span>
                <span class="account-name">{move || account.get().name}</span>
                <IconView icon=Icon::Down class="icon-sm" />
            </button>
            <div class="popover popover-end account-panel" tabindex="-1" hidden=move || !popover.is_open()>
                <div class="account-who">
                    <p class="font-medium">{move || account.get().name}</p>
                    <p class="text-muted">{move || account.get().email}</p>
                    <p class="text-muted text-xs">{move || account.get().role}</p>
                </div>
                <ThemeSwitch />
                <ZoneSwitch />
                <div class="menu-list">
                    {links}
                    <button type="button" class="menu-item" on:click=move |_| on_sign_out.run(())>
                        <IconView icon=Icon::SignOut />
                        "Sign out"
                    </button>
                </div>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_two_capital_letters() {
        assert_eq!(initials("ada lovelace byron"), "AL");
        assert_eq!(initials("  "), "");
    }
}
