//! The tabs of a page, for the role.

use leptos::prelude::*;
use portal_ui::{Notice, Tab, Tabs, Tone};

use crate::{list::tab_state, me::Me, refusal::refusal};

/// Tabs whose current one is `?tab=` in the address. What the role may not read has no tab, and an address that names it says why.
#[component]
pub fn RoleTabs<P>(
    /// What they are about, for readers.
    label: &'static str,
    /// Their ids, their texts and the RPCs that they begin with.
    tabs: Vec<(&'static str, &'static str, &'static str)>,
    /// Makes the panel of a tab.
    panel: P,
) -> impl IntoView
where
    P: Fn(&'static str) -> AnyView + Send + 'static,
{
    let me = Me::here();
    let (current, select) = tab_state();
    let (allowed, kept): (Vec<_>, Vec<_>) = tabs.into_iter().partition(|(_, _, rpc)| me.may(rpc));
    let refused = move || {
        let (_, _, rpc) = kept.iter().find(|(id, _, _)| current.with(|current| current == id))?;
        let title = refusal(&me.refused(rpc));
        Some(view! { <Notice tone=Tone::Warning title=title><p>{me.who_gives_roles()}</p></Notice> })
    };
    view! {
        <div class="stack">
            {refused}
            <div>
                <Tabs
                    label=label
                    tabs=allowed.into_iter().map(|(id, label, _)| Tab { id, label }).collect()
                    current=current
                    on_select=select
                    panel=panel
                />
            </div>
        </div>
    }
}
