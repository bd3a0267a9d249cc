//! The first admin of the platform.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use portal_client::{IN_BROWSER, pb};
use portal_ui::{EmptyState, Form, FormState, Icon, PasswordField, SubmitButton, TextField, Violations, bind};

use super::{Alone, password::password_wrong};
use crate::{
    load::failure,
    me::{Go, Me},
};

/// What is typed in, and the token from the link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Person {
    pub token: String,
    pub email: String,
    pub display_name: String,
    pub password: String,
}

impl Person {
    /// What the server would refuse anyway.
    pub fn wrong(&self) -> Violations {
        let mut found = Violations::new();
        if self.display_name.trim().is_empty() {
            found.push(("display_name".into(), "Enter your name.".into()));
        }
        if !self.email.contains('@') {
            found.push(("email".into(), "Enter your email address.".into()));
        }
        found.extend(password_wrong("password", &self.password));
        found
    }
}

/// The token of the link: what follows the `#`, which the browser sends to nobody.
pub(super) fn link_token() -> String {
    use_location().hash.get_untracked().trim_start_matches('#').to_owned()
}

/// `/master/setup#token`: the link that the server prints at its first start.
#[component]
pub fn Setup() -> impl IntoView {
    let (me, go) = (Me::here(), Go::here());
    let token = link_token();
    if token.is_empty() {
        return view! {
            <Alone title="Set up" text="This page makes the first admin.">
                <EmptyState icon=Icon::Key title="The link is not complete" text="Open the whole link that the server printed when it started, with everything behind the # sign." />
            </Alone>
        }
        .into_any();
    }
    let form = RwSignal::new(Person {
        token,
        ..Person::default()
    });
    let state = FormState::new(move || form.with_untracked(Person::wrong));
    let action = move || {
        let person = form.get_untracked();
        let request = pb::CreateFirstAdminRequest {
            token: person.token,
            email: person.email.trim().to_owned(),
            display_name: person.display_name.trim().to_owned(),
            password: person.password,
            cookie: IN_BROWSER,
        };
        async move {
            let session = me.client().auth().create_first_admin(request).await.map_err(failure)?;
            me.client().begin(session);
            go.instead(me.path("/"));
            Ok(())
        }
    };
    view! {
        <Alone title="Set up" text="Make the first admin. This works once, with the link that the server printed.">
            <Form state=state action=action when_refused="The admin was not made" unguarded=true>
                <TextField label="Name" path="display_name" autocomplete="name" value=bind!(form.display_name) />
                <TextField label="Email" path="email" kind="email" autocomplete="username" value=bind!(form.email) />
                <PasswordField
                    label="Password"
                    path="password"
                    autocomplete="new-password"
                    hint="12 characters or more."
                    value=bind!(form.password)
                />
                <SubmitButton label="Create admin" />
            </Form>
        </Alone>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_is_said_at_once() {
        let found = Person::default().wrong();
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["display_name", "email", "password"]);
    }
}
