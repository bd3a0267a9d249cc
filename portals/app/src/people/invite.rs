//! Inviting somebody.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{
    Dialog, DialogActions, Form, FormState, Icon, IconView, SelectField, TextField, Violations, bind, millis, role_word, view,
};

use super::{AccountOf, Link, People};
use crate::{load::failure, me::Me};

/// What is typed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Invite {
    pub of: AccountOf,
    pub display_name: String,
    pub email: String,
    /// The role's name in the contract.
    pub role: String,
}

impl TryFrom<Invite> for pb::InviteUserRequest {
    type Error = Violations;

    fn try_from(invite: Invite) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let (name, email) = (invite.display_name.trim(), invite.email.trim());
        if name.is_empty() || name.chars().count() > 80 {
            wrong.push(("display_name".into(), "Enter a name of 1 to 80 characters.".into()));
        }
        if !email.contains('@') {
            wrong.push(("email".into(), "Enter an email address, such as kim@example.net.".into()));
        }
        let role = pb::Role::from_str_name(&invite.role);
        if role.is_none() {
            wrong.push(("role".into(), "Choose a role.".into()));
        }
        match (role, wrong.is_empty()) {
            (Some(role), true) => Ok(Self {
                request_id: String::new(),
                email: email.to_owned(),
                display_name: name.to_owned(),
                role: role.into(),
                tenant_id: invite.of.tenant_id,
                reseller_id: invite.of.reseller_id,
            }),
            _ => Err(wrong),
        }
    }
}

/// The roles on offer, for a field.
pub(super) fn role_options(portal: pb::Portal) -> Vec<(String, String)> {
    let option = |role: &pb::Role| (role.as_str_name().to_owned(), role_word(*role).to_owned());
    view::roles_of(portal).iter().map(option).collect()
}

/// What the chosen role may do, and the way to all that each may, which leaves the dialog as it is.
#[component]
pub(super) fn RoleHint(
    /// Whose roles are on offer.
    portal: pb::Portal,
    /// The role's name in the contract.
    role: Signal<String>,
) -> impl IntoView {
    let me = Me::here();
    let hint = move || pb::Role::from_str_name(&role.get()).map(view::role_hint).unwrap_or_default();
    let all = me.may("GetRoles").then(|| {
        view! {
            <p>
                <a class="link" href=me.path(roles_of_portal(me.portal().kind, portal)) target="_blank">
                    "What each role may do"
                    <span class="sr-only">" (opens in a new tab)"</span>
                    <IconView icon=Icon::External class="icon-sm link-icon" />
                </a>
            </p>
        }
    });
    view! {
        <div class="text-muted">
            <p role="status">{hint}</p>
            {all}
        </div>
    }
}

/// Where the roles of a portal are, seen from one's own.
fn roles_of_portal(own: pb::Portal, portal: pb::Portal) -> &'static str {
    match (own, portal) {
        (pb::Portal::Master, pb::Portal::Tenant) => "/roles?tab=tenant",
        (pb::Portal::Master, pb::Portal::Reseller) => "/roles?tab=reseller",
        _ => "/roles",
    }
}

/// The dialog. It ends with the link, where the person needs one.
#[component]
pub(super) fn InviteDialog(people: People) -> impl IntoView {
    view! {
        <Dialog open=people.inviting title="Invite user">
            <InviteForm people=people />
        </Dialog>
    }
}

#[component]
fn InviteForm(people: People) -> impl IntoView {
    let of = people.of.get_value();
    let portal = of.portal;
    let options = role_options(portal);
    // The least powerful role is on offer first.
    let role = options.last().map(|(role, _)| role.clone()).unwrap_or_default();
    let form = RwSignal::new(Invite {
        of,
        role,
        ..Invite::default()
    });
    let checked = move || pb::InviteUserRequest::try_from(form.get_untracked());
    let state = FormState::new(move || checked().err().unwrap_or_default());
    let action = move || {
        let request = checked().map(|request| pb::InviteUserRequest {
            request_id: state.request_id(),
            ..request
        });
        async move {
            let Ok(request) = request else { return Ok(()) };
            let answer = people.me.invite_user(request).await.map_err(failure)?;
            let name = answer.user.map(|user| user.display_name).unwrap_or_default();
            state.settle();
            people.inviting.set(false);
            people.users.reload();
            match answer.invitation.filter(|invitation| !invitation.url.is_empty()) {
                Some(invitation) => people.link.set(Some(Link {
                    name,
                    expires: millis(&invitation.expire_time),
                    url: invitation.url,
                })),
                // The first answer was lost, and a link is not told twice.
                None => people
                    .toasts
                    .done(format!("{name} was invited. Make a new invitation link to have one shown")),
            }
            Ok(())
        }
    };
    view! {
        <Form state=state action=action unguarded=true>
            <div class="form-fields">
                <TextField label="Name" path="display_name" value=bind!(form.display_name) />
                <TextField
                    label="Email"
                    path="email"
                    kind="email"
                    hint="Somebody who has a password for this address already keeps it."
                    value=bind!(form.email)
                />
                <SelectField label="Role" path="role" value=bind!(form.role) options=Signal::stored(options) />
                <RoleHint portal=portal role=Signal::derive(move || form.with(|form| form.role.clone())) />
            </div>
            <DialogActions open=people.inviting submit="Invite" />
        </Form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_by_the_paths_of_the_request() {
        let wrong = pb::InviteUserRequest::try_from(Invite::default()).expect_err("nothing is filled in");
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["display_name", "email", "role"]);
    }

    #[test]
    fn the_request_has_what_was_typed_without_spaces_around_it() {
        let invite = Invite {
            of: AccountOf {
                portal: pb::Portal::Tenant,
                tenant_id: "ten_1".into(),
                reseller_id: String::new(),
            },
            display_name: " Kim ".into(),
            email: "kim@example.net ".into(),
            role: "ROLE_TENANT_USER".into(),
        };
        let request = pb::InviteUserRequest::try_from(invite).expect("complete");
        assert_eq!((request.display_name.as_str(), request.email.as_str()), ("Kim", "kim@example.net"));
        assert_eq!((request.role(), request.tenant_id.as_str()), (pb::Role::TenantUser, "ten_1"));
    }

    #[test]
    fn the_vendor_is_led_to_the_roles_of_the_portal_in_question() {
        assert_eq!(roles_of_portal(pb::Portal::Master, pb::Portal::Tenant), "/roles?tab=tenant");
        assert_eq!(roles_of_portal(pb::Portal::Master, pb::Portal::Master), "/roles");
        assert_eq!(roles_of_portal(pb::Portal::Tenant, pb::Portal::Tenant), "/roles");
    }

    #[test]
    fn every_portal_offers_its_own_roles() {
        assert_eq!(role_options(pb::Portal::Reseller).len(), 2);
        assert_eq!(
            role_options(pb::Portal::Tenant)[0],
            ("ROLE_TENANT_ADMIN".to_owned(), "Admin".to_owned())
        );
    }
}
