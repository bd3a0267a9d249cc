//! The navigation, shown in the sidebar and in the drawer.

use leptos::prelude::*;

use crate::icon::{Icon, IconView};

/// A link of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavItem {
    /// Its text.
    pub label: &'static str,
    /// Where it leads, with the portal's own path: `/master/tenants`.
    pub href: &'static str,
    /// Its icon.
    pub icon: Icon,
}

/// Links that belong together, with a title or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavGroup {
    /// The title above them.
    pub title: Option<&'static str>,
    /// The links.
    pub items: Vec<NavItem>,
}

/// Which link is the current one: the longest whose address is the path or a folder of it.
pub(crate) fn current_href(groups: &[NavGroup], path: &str) -> Option<&'static str> {
    let path = path.trim_end_matches('/');
    groups
        .iter()
        .flat_map(|group| &group.items)
        .map(|item| item.href)
        .filter(|href| {
            let href = href.trim_end_matches('/');
            path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
        })
        .max_by_key(|href| href.trim_end_matches('/').len())
}

/// The links of the navigation.
#[component]
pub(crate) fn NavLinks(groups: StoredValue<Vec<NavGroup>>, current: Signal<String>) -> impl IntoView {
    let here = Memo::new(move |_| groups.with_value(|groups| current_href(groups, &current.get())));
    let group = |group: NavGroup| {
        let items = group
            .items
            .into_iter()
            .map(|item| {
                view! {
                    <li>
                        <a
                            class="nav-link"
                            href=item.href
                            title=item.label
                            aria-current=move || (here.get() == Some(item.href)).then_some("page")
                        >
                            <IconView icon=item.icon />
                            <span class="nav-label">{item.label}</span>
                        </a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <div>
                {group.title.map(|title| view! { <p class="nav-title">{title}</p> })}
                <ul class="nav-list">{items}</ul>
            </div>
        }
    };
    view! { <nav class="nav-groups" aria-label="Main">{groups.get_value().into_iter().map(group).collect_view()}</nav> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_matching_link_is_current() {
        let item = |href| NavItem {
            label: "",
            href,
            icon: Icon::Home,
        };
        let groups = [NavGroup {
            title: None,
            items: vec![item("/master/"), item("/master/tenants"), item("/master/ten")],
        }];
        assert_eq!(current_href(&groups, "/master/"), Some("/master/"));
        assert_eq!(current_href(&groups, "/master"), Some("/master/"));
        assert_eq!(current_href(&groups, "/master/tenants/ten_1"), Some("/master/tenants"));
        assert_eq!(current_href(&groups, "/master/audit"), Some("/master/"));
        assert_eq!(current_href(&groups, "/tenant/"), None);
    }
}
