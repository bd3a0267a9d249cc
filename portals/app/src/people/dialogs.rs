//! A link that is shown once, another role, no role any more.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{ConfirmDialog, CopyId, Dialog, DialogActions, Form, FormState, Notice, SelectField, TimeText, Tone, bind, millis};

use super::{
    Link, People,
    invite::{RoleHint, role_options},
};
use crate::load::failure;

/// A signal that says whether there is something, and takes it away when it is set to false.
fn is_some<T: Clone + Send + Sync + 'static>(what: RwSignal<Option<T>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(what.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && what.with_untracked(Option::is_some) {
            what.set(None);
        }
    });
    open
}

/// Makes a new invitation link and shows it.
pub(super) fn issue(people: People, user: &pb::User) {
    let (user_id, name) = (user.id.clone(), user.display_name.clone());
    leptos::task::spawn_local(async move {
        match people
            .me
            .issue_invitation(pb::IssueInvitationRequest {
                user_id,
                ..Default::default()
            })
            .await
        {
            Ok(invitation) => people.link.set(Some(Link {
                name,
                expires: millis(&invitation.expire_time),
                url: invitation.url,
            })),
            Err(error) => people.toasts.failed(format!("No link was made. {}", failure(error).message)),
        }
    });
}

/// The link. It cannot be closed by a slip.
#[component]
pub(super) fn LinkDialog(people: People) -> impl IntoView {
    let open = is_some(people.link);
    let title = Signal::derive(move || match people.link.get() {
        Some(link) => format!("Invitation for {}", link.name),
        None => "Invitation".to_owned(),
    });
    let content = move || {
        let link = people.link.get()?;
        Some(view! {
            <div class="dialog-text">
                <Notice tone=Tone::Warning title="This link is shown once">
                    <p>"Copy it now and hand it on to nobody else: who has it can accept the role. A new link can be made until it is accepted; this one then stops working."</p>
                </Notice>
                <p class="mt-4">
                    <CopyId value=link.url label="invitation link" whole=true />
                </p>
                {link.expires.map(|at| view! { <p class="text-muted">"It works once, and ends " <TimeText at=at /> "."</p> })}
            </div>
        })
    };
    view! {
        <Dialog open=open title=title held=true>
            {content}
            <div class="dialog-actions">
                <button type="button" class="btn btn-primary" on:click=move |_| open.set(false)>
                    "Done"
                </button>
            </div>
        </Dialog>
    }
}

/// The role that was chosen, by its name in the contract.
#[derive(Clone, Default)]
struct Chosen {
    role: String,
}

/// Another role.
#[component]
pub(super) fn RoleDialog(people: People) -> impl IntoView {
    let open = is_some(people.changing);
    let title = Signal::derive(move || match people.changing.get() {
        Some(user) => format!("Role of {}", user.display_name),
        None => "Role".to_owned(),
    });
    view! {
        <Dialog open=open title=title>
            {move || people.changing.get().map(|user| view! { <RoleForm people=people user=user open=open /> })}
        </Dialog>
    }
}

#[component]
fn RoleForm(people: People, user: pb::User, open: RwSignal<bool>) -> impl IntoView {
    let of = people.of.get_value();
    let membership = of.membership_of(&user).unwrap_or_default();
    let portal = of.portal;
    let options = role_options(portal);
    let form = RwSignal::new(Chosen {
        role: membership.role().as_str_name().to_owned(),
    });
    let state = FormState::new(Vec::new);
    let action = move || {
        let request = pb::SetUserRoleRequest {
            user_id: user.id.clone(),
            role: pb::Role::from_str_name(&form.with_untracked(|form| form.role.clone()))
                .unwrap_or_default()
                .into(),
            tenant_id: of.tenant_id.clone(),
            reseller_id: of.reseller_id.clone(),
            etag: membership.etag.clone(),
            request_id: state.request_id(),
        };
        async move {
            let user = people.me.set_user_role(request).await.map_err(failure)?;
            state.settle();
            open.set(false);
            people.users.reload();
            people.toasts.done(format!("{} has another role", user.display_name));
            Ok(())
        }
    };
    view! {
        <Form state=state action=action unguarded=true>
            <div class="form-fields">
                <SelectField label="Role" path="role" value=bind!(form.role) options=Signal::stored(options) />
                <RoleHint portal=portal role=Signal::derive(move || form.with(|form| form.role.clone())) />
            </div>
            <DialogActions open=open submit="Change role" />
        </Form>
    }
}

/// No role any more.
#[component]
pub(super) fn RemoveDialog(people: People) -> impl IntoView {
    let open = is_some(people.removing);
    let name = move || people.removing.get().map(|user| user.display_name).unwrap_or_default();
    let action = move || {
        let user = people.removing.get_untracked().unwrap_or_default();
        let of = people.of.get_value();
        let etag = of.membership_of(&user).unwrap_or_default().etag;
        let request = pb::RemoveUserRequest {
            user_id: user.id,
            tenant_id: of.tenant_id,
            reseller_id: of.reseller_id,
            etag,
            ..Default::default()
        };
        async move {
            people.me.remove_user(request).await.map_err(failure)?;
            people.users.reload();
            people.toasts.done(format!("{} was removed", user.display_name));
            Ok(())
        }
    };
    view! {
        <ConfirmDialog open=open title=Signal::derive(move || format!("Remove {}?", name())) confirm="Remove user" action=action>
            <p>"This person loses the role in this account, and is signed out of it at once. What the person did stays in the audit log."</p>
            <p>"The person can be invited again."</p>
        </ConfirmDialog>
    }
}
