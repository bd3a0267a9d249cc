//! Which account one is in.

use leptos::prelude::*;
use portal_ui::{Icon, MenuItem, RowMenu, Toasts};

use crate::{
    load::failure,
    me::{Go, Me},
};

/// The name of the account in the top bar; a menu where the person has several.
#[component]
pub fn AccountSwitch() -> impl IntoView {
    let (me, go, toasts) = (Me::here(), Go::here(), Toasts::here());
    let name = move || {
        me.session().with(|session| {
            session
                .account
                .as_ref()
                .map(|account| account.display_name.clone())
                .unwrap_or_default()
        })
    };
    let others = Memo::new(move |_| {
        me.session().with(|session| {
            let here = session.account.as_ref().map(|account| account.id.clone()).unwrap_or_default();
            let others = session.accounts.iter().filter(|account| account.id != here);
            others
                .map(|account| (account.id.clone(), account.display_name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let switch = move |id: String| {
        leptos::task::spawn_local(async move {
            // The page is about the account that is left.
            go.to(me.path("/"));
            if let Err(error) = me.client().switch_account(&id).await {
                toasts.failed(format!("The account was not changed. {}", failure(error).message));
            }
        });
    };
    let menu = move || {
        let items: Vec<MenuItem> = others
            .get()
            .into_iter()
            .map(|(id, name)| MenuItem::new(name, Icon::Building, move || switch(id.clone())))
            .collect();
        view! { <RowMenu items=items label="Switch account" icon=Icon::Down /> }
    };
    view! {
        <span class="account-context">
            {name}
            {menu}
        </span>
    }
}
