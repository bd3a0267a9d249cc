//! Signing in, on a page of its own and over a page whose session is over.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Form, FormState, PasswordField, SubmitButton, TextField, Violations, bind, dom};

use super::Alone;
use crate::{
    load::failure,
    me::{Me, Phase},
};

/// What is typed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct SignInInput {
    email: String,
    password: String,
}

impl SignInInput {
    /// What is missing.
    fn wrong(&self) -> Violations {
        let mut found = Violations::new();
        if self.email.trim().is_empty() {
            found.push(("email".into(), "Enter your email address.".into()));
        }
        if self.password.is_empty() {
            found.push(("password".into(), "Enter your password.".into()));
        }
        found
    }
}

/// The page that stands in for every other one while nobody is signed in: the address stays, and with it the way to where one wanted to go.
#[component]
pub fn SignIn() -> impl IntoView {
    let what = match Me::here().portal().kind {
        pb::Portal::Tenant => "Manage your instance, your invoices and your team.",
        pb::Portal::Reseller => "See your customers and what you earn.",
        _ => "Manage tenants, plans and deployments.",
    };
    view! {
        <Alone title="Sign in" text=what>
            <SignInForm />
        </Alone>
    }
}

/// The form. After a session that was over it goes on in the same account; anybody else begins with fresh pages.
#[component]
pub fn SignInForm() -> impl IntoView {
    let me = Me::here();
    let again = me.phase().get_untracked() == Phase::Over;
    let before = me.session().get_untracked();
    let (user, account) = (before.user.unwrap_or_default(), before.account.unwrap_or_default());
    let form = RwSignal::new(SignInInput {
        email: if again { user.email.clone() } else { String::new() },
        password: String::new(),
    });
    let state = FormState::new(move || form.with_untracked(SignInInput::wrong));
    let action = move || {
        let input = form.get_untracked();
        let (user_id, account_id) = (user.id.clone(), if again { account.id.clone() } else { String::new() });
        async move {
            let session = me
                .client()
                .sign_in(input.email.trim(), &input.password, &account_id)
                .await
                .map_err(failure)?;
            let now = session.user.unwrap_or_default();
            if again && now.id != user_id {
                // What is on the page belongs to somebody else.
                if let Some(window) = dom::window() {
                    let _ = window.location().reload();
                }
            }
            Ok(())
        }
    };
    view! {
        <Form state=state action=action when_refused="You are not signed in" unguarded=true>
            <TextField label="Email" path="email" kind="email" autocomplete="username" value=bind!(form.email) />
            <PasswordField label="Password" path="password" autocomplete="current-password" value=bind!(form.password) />
            <SubmitButton label="Sign in" />
        </Form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fields_are_needed() {
        let paths = |input: SignInInput| input.wrong().into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        assert_eq!(paths(SignInInput::default()), ["email", "password"]);
        let filled = SignInInput {
            email: "a@b.co".into(),
            password: "x".into(),
        };
        assert!(paths(filled).is_empty());
    }
}
