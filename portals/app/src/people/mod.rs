//! The people of an account: a list, and what an admin does with it. All portals have it.

mod dialogs;
mod invite;
mod link;

pub use link::InvitationLink;

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{
    Badge, Column, EmptyState, Filter, Icon, IconView, ListState, ListToolbar, MenuItem, PageHeading, Remote, Rows, StateBadge, Table,
    Toasts, When, grouped, role_word,
};

use crate::{
    list::{Filters, list_state, rows},
    load::load,
    me::Me,
};
use dialogs::{LinkDialog, RemoveDialog, RoleDialog};
use invite::InviteDialog;

/// The account whose people these are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountOf {
    /// Which roles its people have.
    pub portal: pb::Portal,
    /// The tenant; empty for one's own account.
    pub tenant_id: String,
    /// The reseller; empty for one's own account.
    pub reseller_id: String,
}

impl AccountOf {
    /// The account that one is signed in to.
    fn own(me: Me) -> Self {
        Self {
            portal: me.portal().kind,
            ..Self::default()
        }
    }

    /// Whether these are the people of all accounts: the vendor's own list has everybody.
    fn is_all(&self) -> bool {
        self.portal == pb::Portal::Master
    }

    /// What a person is in this account; nothing without a role in it.
    fn membership_of(&self, user: &pb::User) -> Option<pb::Membership> {
        let here = |membership: &&pb::Membership| {
            portal_ui::view::roles_of(self.portal).contains(&membership.role())
                && (self.tenant_id.is_empty() || membership.tenant_id == self.tenant_id)
                && (self.reseller_id.is_empty() || membership.reseller_id == self.reseller_id)
        };
        user.memberships.iter().find(here).cloned()
    }
}

/// A link that was made for somebody and is shown once.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    name: String,
    url: String,
    expires: Option<i64>,
}

/// What the list and its dialogs share. It can be copied.
#[derive(Clone, Copy)]
struct People {
    me: Me,
    toasts: Toasts,
    of: StoredValue<AccountOf>,
    users: Remote<Rows<pb::User>>,
    inviting: RwSignal<bool>,
    /// The link to be shown.
    link: RwSignal<Option<Link>>,
    /// Whose role is being changed.
    changing: RwSignal<Option<pb::User>>,
    /// Who is being removed.
    removing: RwSignal<Option<pb::User>>,
}

/// The page of one's own account.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let me = Me::here();
    let list = list_state("users");
    let people = people(AccountOf::own(me), list);
    let count = Signal::derive(move || people.users.value().with(|rows| rows.as_ref().map(|rows| grouped(rows.total))));
    view! {
        <PageHeading title="Users" count=count>
            {me.may("GetRoles").then(|| view! { <a class="btn btn-plain" href=me.path("/roles")>"Roles"</a> })}
            <InviteButton people=people />
        </PageHeading>
        <PeopleTable people=people list=list />
    }
}

/// The people of another account, inside of a page.
#[component]
pub fn PeoplePanel(
    /// Whose.
    of: AccountOf,
) -> impl IntoView {
    let list = ListState::local("account-users");
    let people = people(of, list);
    view! {
        <PeopleTable people=people list=list>
            <InviteButton people=people />
        </PeopleTable>
    }
}

fn people(of: AccountOf, list: ListState) -> People {
    let me = Me::here();
    let of = StoredValue::new(of);
    let users = load(move || {
        let AccountOf {
            tenant_id, reseller_id, ..
        } = of.get_value();
        let filter = Filters::new()
            .any("state", &list.filter("state"))
            .contains(&["email", "display_name"], &list.search());
        let request = pb::ListUsersRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
            order_by: list.order_by(),
            tenant_id,
            reseller_id,
        };
        async move {
            let page = me.list_users(request).await?;
            Ok(rows(page.users, page.total_size, page.next_page_token))
        }
    });
    People {
        me,
        toasts: Toasts::here(),
        of,
        users,
        inviting: RwSignal::new(false),
        link: RwSignal::new(None),
        changing: RwSignal::new(None),
        removing: RwSignal::new(None),
    }
}

#[component]
fn InviteButton(people: People) -> impl IntoView {
    Me::here().may("InviteUser").then(|| {
        view! {
            <button type="button" class="btn btn-primary" on:click=move |_| people.inviting.set(true)>
                <IconView icon=Icon::Plus />
                "Invite user"
            </button>
        }
    })
}

#[component]
fn PeopleTable(people: People, list: ListState, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let me = Me::here();
    let own_id = untrack(|| me.user_id());
    let name = {
        let own_id = own_id.clone();
        move |user: &pb::User| {
            let you = (user.id == own_id).then(|| view! { <Badge text="You" /> });
            view! {
                <span class="inline-flex flex-wrap items-center gap-2">
                    {user.display_name.clone()}
                    {you}
                </span>
            }
        }
    };
    let role = match people.of.with_value(AccountOf::is_all) {
        true => Column::new("Works for", accounts),
        false => Column::new("Role", move |user: &pb::User| {
            let membership = people.of.with_value(|of| of.membership_of(user));
            role_word(membership.unwrap_or_default().role())
        }),
    };
    let columns = vec![
        Column::new("Name", name).sorted_by("display_name"),
        Column::new("Email", |user: &pb::User| user.email.clone()).sorted_by("email"),
        role,
        Column::new("State", |user: &pb::User| view! { <StateBadge state=user.state().as_str_name() /> }),
        Column::new("Last sign-in", |user: &pb::User| view! { <When at=user.last_sign_in_time /> }).quiet(),
    ];
    let menu = Callback::new(move |user: pb::User| untrack(|| actions(people, &user, user.id == own_id)));
    let states = [("INVITED", "Invited"), ("ACTIVE", "Active")];
    view! {
        <ListToolbar list=list search="Search users" filters=vec![Filter::choice("state", "State", states)]>
            {children.map(|children| children())}
        </ListToolbar>
        <Table
            list=list
            data=people.users
            label="users"
            columns=columns
            key=|user: &pb::User| user.id.clone()
            menu=Some(menu)
            filters=&["state"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Users
                        title="No users yet"
                        text="Users are the people who can sign in to this account. Invite the first one: the link is shown to you, to hand on."
                    />
                }
            }
        />
        <InviteDialog people=people />
        <LinkDialog people=people />
        <RoleDialog people=people />
        <RemoveDialog people=people />
    }
}

/// The accounts in which a person has a role.
fn accounts(user: &pb::User) -> impl IntoView + use<> {
    let line = |membership: &pb::Membership| {
        let name = membership.account_name.clone();
        view! {
            <span class="block">
                {name} " "
                <span class="text-muted">{role_word(membership.role())}</span>
            </span>
        }
    };
    user.memberships.iter().map(line).collect_view()
}

/// What can be done with a person.
fn actions(people: People, user: &pb::User, is_self: bool) -> Vec<MenuItem> {
    let me = people.me;
    let mut items = Vec::new();
    let with = |set: RwSignal<Option<pb::User>>| {
        let user = user.clone();
        move || set.set(Some(user.clone()))
    };
    let is_here = people.of.with_value(|of| of.membership_of(user).is_some());
    if me.may("SetUserRole") && is_here {
        items.push(MenuItem::new("Change role", Icon::Edit, with(people.changing)));
    }
    if me.may("IssueInvitation") && user.state() == pb::UserState::Invited {
        let user = user.clone();
        items.push(MenuItem::new("New invitation link", Icon::Key, move || {
            dialogs::issue(people, &user)
        }));
    }
    // Nobody locks oneself out by a slip.
    if me.may("RemoveUser") && is_here && !is_self {
        items.push(MenuItem::new("Remove", Icon::Trash, with(people.removing)).danger());
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_is_the_one_in_this_account() {
        let membership = |role: pb::Role, tenant_id: &str| pb::Membership {
            role: role.into(),
            tenant_id: tenant_id.into(),
            ..Default::default()
        };
        let user = pb::User {
            memberships: vec![
                membership(pb::Role::MasterAdmin, ""),
                membership(pb::Role::TenantUser, "ten_1"),
                membership(pb::Role::TenantAdmin, "ten_2"),
            ],
            ..Default::default()
        };
        let of = |portal, tenant_id: &str| AccountOf {
            portal,
            tenant_id: tenant_id.into(),
            reseller_id: String::new(),
        };
        let role = |portal, tenant_id| of(portal, tenant_id).membership_of(&user).map(|membership| membership.role());
        assert_eq!(role(pb::Portal::Tenant, "ten_2"), Some(pb::Role::TenantAdmin));
        assert_eq!(role(pb::Portal::Tenant, ""), Some(pb::Role::TenantUser));
        assert_eq!(role(pb::Portal::Master, ""), Some(pb::Role::MasterAdmin));
        assert_eq!(role(pb::Portal::Reseller, ""), None);
    }
}
