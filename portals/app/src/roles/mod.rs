//! The roles, and what each may do. All portals have the page.

mod matrix;

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{
    Badge, EmptyState, Icon, IconView, ListState, ListToolbar, Load, PageHeading, Remote, SkeletonCard, role_word, view::role_hint,
};

use crate::{list::list_state, load::load, me::Me, words::pieces};
use matrix::{Action, Matrix, RoleColumn};

/// The page of one's own portal.
#[component]
pub fn RolesPage() -> impl IntoView {
    let portal = Me::here().portal().kind;
    let roles = load_roles();
    view! {
        <PageHeading title="Roles" subtitle=Signal::stored(Some("What each role may do in this portal.".to_owned())) />
        <RolesMatrix roles=roles portal=portal />
    }
}

/// The roles that one may see.
pub fn load_roles() -> Remote<pb::GetRolesResponse> {
    let me = Me::here();
    load(move || me.get_roles(pb::GetRolesRequest {}))
}

/// The roles of a portal beside each other, and all that can be done there; the search is in the address.
#[component]
pub fn RolesMatrix(
    /// The roles, from [`load_roles`].
    roles: Remote<pb::GetRolesResponse>,
    /// Of which portal.
    portal: pb::Portal,
) -> impl IntoView {
    let list = list_state("roles");
    view! {
        <div>
            <ListToolbar list=list search="Search actions" />
            <Load data=roles what="The roles" skeleton=ViewFn::from(|| view! { <SkeletonCard lines=16 /> }) let:roles>
                {
                    let all = Memo::new(move |_| roles.with(|roles| Matrix::of(roles, portal)));
                    let found = Memo::new(move |_| all.get().found(&list.search()));
                    view! {
                        <p class="sr-only" role="status">
                            {move || found_text(found.with(Matrix::len), all.with(Matrix::len))}
                        </p>
                        {move || match found.with(|found| found.groups.is_empty()) {
                            true => nothing(list).into_any(),
                            false => view! { <Table matrix=found.get() /> }.into_any(),
                        }}
                    }
                }
            </Load>
        </div>
    }
}

/// How many actions there are, for readers.
fn found_text(found: usize, all: usize) -> String {
    match found == all {
        true => format!("{all} actions"),
        false => format!("{found} of {all} actions"),
    }
}

fn nothing(list: ListState) -> impl IntoView {
    view! {
        <div class="card roles-card">
            <EmptyState icon=Icon::Search title="No actions match" text="Search for a word such as \u{201c}invoice\u{201d}, or for the name of an RPC.">
                <button type="button" class="btn btn-plain" on:click=move |_| list.set_search("")>
                    "Clear search"
                </button>
            </EmptyState>
        </div>
    }
}

#[component]
fn Table(matrix: Matrix) -> impl IntoView {
    let own = Me::here().session().with_untracked(|session| session.role());
    let columns = matrix.roles.len();
    let is_own: Vec<bool> = matrix.roles.iter().map(|column| column.role == own).collect();
    let group = |(group, actions): (&'static str, Vec<Action>)| {
        view! {
            <tbody>
                <tr class="roles-group">
                    <th scope="rowgroup" colspan=(columns + 1).to_string()>
                        <span>{group}</span>
                    </th>
                </tr>
                {actions.into_iter().map(|action| row(action, &is_own)).collect_view()}
            </tbody>
        }
    };
    view! {
        <div class="card roles-card">
            <div class="roles-region" role="region" aria-label="What each role may do" tabindex="0">
                <table class="roles">
                    <thead>
                        <tr>
                            <th scope="col" class="roles-action">
                                "Action"
                            </th>
                            {matrix.roles.iter().map(|column| header(column, column.role == own)).collect_view()}
                        </tr>
                    </thead>
                    {matrix.groups.into_iter().map(group).collect_view()}
                </table>
            </div>
        </div>
    }
}

fn header(column: &RoleColumn, is_own: bool) -> impl IntoView + use<> {
    let count = match column.count {
        1 => "1 action".to_owned(),
        count => format!("{count} actions"),
    };
    view! {
        <th scope="col" class="roles-role" class:roles-own=is_own title=role_hint(column.role)>
            <span class="roles-name">{role_word(column.role)}</span>
            <span class="roles-count">{count}</span>
            {is_own.then(|| view! { <Badge text="Your role" /> })}
        </th>
    }
}

fn row(action: Action, is_own: &[bool]) -> impl IntoView + use<> {
    let cell = |(may, is_own): (bool, &bool)| {
        let (icon, class, text) = match may {
            true => (Icon::Check, "roles-may", "May"),
            false => (Icon::Minus, "roles-may-not", "May not"),
        };
        view! {
            <td class=class class:roles-own=*is_own>
                <IconView icon=icon />
                <span class="sr-only">{text}</span>
            </td>
        }
    };
    // Where there is no room for the name it goes on below with one of its words.
    let rpc = pieces(&action.rpc)
        .into_iter()
        .map(|piece| view! { {piece} <wbr /> })
        .collect_view();
    view! {
        <tr>
            <th scope="row" class="roles-action">
                {action.words}
                <code class="roles-rpc">{rpc}</code>
            </th>
            {action.allowed.into_iter().zip(is_own).map(cell).collect_view()}
        </tr>
    }
}
