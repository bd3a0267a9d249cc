//! One's own password.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Form, FormActions, FormSection, FormState, PageHeading, PasswordField, Toasts, Violations, bind};

use crate::{
    load::failure,
    me::{Go, Me},
};

/// What is typed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Change {
    current: String,
    new: String,
}

/// What is wrong with a new password.
pub(super) fn password_wrong(path: &str, password: &str) -> Option<(String, String)> {
    let length = password.chars().count();
    (!(12..=200).contains(&length)).then(|| (path.to_owned(), "Enter a password of 12 to 200 characters.".to_owned()))
}

impl Change {
    fn wrong(&self) -> Violations {
        let mut found = Violations::new();
        if self.current.is_empty() {
            found.push(("current_password".into(), "Enter your current password.".into()));
        }
        found.extend(password_wrong("new_password", &self.new));
        found
    }
}

/// The page.
#[component]
pub fn Password() -> impl IntoView {
    let (me, go, toasts) = (Me::here(), Go::here(), Toasts::here());
    let form = RwSignal::new(Change::default());
    let state = FormState::new(move || form.with_untracked(Change::wrong));
    let action = move || {
        let change = form.get_untracked();
        let request = pb::ChangePasswordRequest {
            current_password: change.current,
            new_password: change.new,
        };
        async move {
            me.client().auth().change_password(request).await.map_err(failure)?;
            state.settle();
            toasts.done("Password changed. You are signed out everywhere else.");
            go.to(me.path("/"));
            Ok(())
        }
    };
    view! {
        <PageHeading title="Change password" />
        <div class="page-narrow">
            <Form state=state action=action>
                <FormSection title="Your password" hint="You stay signed in here; all your other sessions end.">
                    <PasswordField
                        label="Current password"
                        path="current_password"
                        autocomplete="current-password"
                        value=bind!(form.current)
                    />
                    <PasswordField
                        label="New password"
                        path="new_password"
                        autocomplete="new-password"
                        hint="12 characters or more. A few words that only you put together are good."
                        value=bind!(form.new)
                    />
                </FormSection>
                <FormActions submit="Change password" cancel=me.path("/") />
            </Form>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_twelve_characters_whatever_they_are() {
        assert!(password_wrong("p", "elevenchars").is_some());
        assert!(password_wrong("p", "zwölf zeichen").is_none());
        assert_eq!(Change::default().wrong().len(), 2);
    }
}
