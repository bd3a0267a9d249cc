//! Accepting an invitation.

use leptos::prelude::*;
use portal_client::{Code, IN_BROWSER, pb};
use portal_ui::{EmptyState, Failure, Form, FormState, Icon, Load, PasswordField, Remote, SubmitButton, TextField, bind};

use super::{
    Alone,
    setup::{Person, link_token},
};
use crate::{
    load::failure,
    me::{Go, Me},
};

/// `/{portal}/invitation#token`: the link that an invited person gets.
#[component]
pub fn Invitation() -> impl IntoView {
    let me = Me::here();
    let token = link_token();
    let invitation = {
        let token = token.clone();
        Remote::load(move || {
            let request = pb::GetInvitationRequest { token: token.clone() };
            async move {
                let answer = me.client().auth().get_invitation(request).await;
                answer.map_err(|error| Failure {
                    // A malformed token is as good as none.
                    missing: matches!(error.code, Code::NotFound | Code::InvalidArgument),
                    ..failure(error)
                })
            }
        })
    };
    let missing = Memo::new(move |_| {
        invitation
            .failure()
            .with(|failure| failure.as_ref().is_some_and(|failure| failure.missing))
    });
    let text = Signal::derive(move || {
        let invited = invitation.value().get();
        invited.map_or_else(
            || "Set a password to sign in.".to_owned(),
            |invited| format!("You are invited to {}. Set a password to sign in.", invited.account_name),
        )
    });
    let content = move || match missing.get() {
        true => view! { <Ended /> }.into_any(),
        false => {
            let token = token.clone();
            view! {
                <Load
                    data=invitation
                    what="The invitation"
                    children=move |invited| view! { <Accept token=token.clone() invited=invited.get_untracked() /> }
                />
            }
            .into_any()
        }
    };
    view! {
        <Alone title="Welcome" text=text>
            {content}
        </Alone>
    }
}

/// The link leads to nothing any more.
#[component]
fn Ended() -> impl IntoView {
    let home = Me::here().path("/");
    view! {
        <EmptyState
            icon=Icon::Mail
            title="This invitation does not work any more"
            text="It was used, replaced by a newer one, or is too old. Ask the person who invited you for a new link."
        >
            <a class="btn btn-plain" href=home>
                "Go to sign-in"
            </a>
        </EmptyState>
    }
}

#[component]
fn Accept(token: String, invited: pb::GetInvitationResponse) -> impl IntoView {
    let (me, go) = (Me::here(), Go::here());
    let form = RwSignal::new(Person {
        token,
        email: invited.email.clone(),
        display_name: invited.display_name,
        password: String::new(),
    });
    let state = FormState::new(move || form.with_untracked(Person::wrong));
    let action = move || {
        let person = form.get_untracked();
        let request = pb::AcceptInvitationRequest {
            token: person.token,
            display_name: person.display_name.trim().to_owned(),
            password: person.password,
            cookie: IN_BROWSER,
        };
        async move {
            let session = me.client().auth().accept_invitation(request).await.map_err(failure)?;
            me.client().begin(session);
            go.instead(me.path("/"));
            Ok(())
        }
    };
    view! {
        <Form state=state action=action when_refused="You are not signed in" unguarded=true>
            <div class="field">
                <p class="field-label">"Email"</p>
                <p>{invited.email.clone()}</p>
                // Password managers file the password under this name.
                <input type="text" class="sr-only" autocomplete="username" tabindex="-1" aria-hidden="true" readonly prop:value=invited.email />
            </div>
            <TextField label="Name" path="display_name" autocomplete="name" value=bind!(form.display_name) />
            <PasswordField
                label="Password"
                path="password"
                autocomplete="new-password"
                hint="12 characters or more."
                value=bind!(form.password)
            />
            <SubmitButton label="Accept and sign in" />
        </Form>
    }
}
