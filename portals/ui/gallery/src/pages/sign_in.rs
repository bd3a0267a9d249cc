//! The page before the shell.

use leptos::prelude::*;
use portal_ui::{Brand, BrandMark, Failure, Form, FormState, PasswordField, SubmitButton, TextField, Violations, bind, dom};

#[derive(Clone, Default)]
struct Login {
    email: String,
    password: String,
}

/// The page. Signing in always fails.
#[component]
pub fn SignIn() -> impl IntoView {
    let form = RwSignal::new(Login::default());
    let state = FormState::new(move || {
        let mut found = Violations::new();
        if form.with_untracked(|form| form.email.is_empty()) {
            found.push(("email".into(), "Enter your email address.".into()));
        }
        if form.with_untracked(|form| form.password.is_empty()) {
            found.push(("password".into(), "Enter your password.".into()));
        }
        found
    });
    if let Some(page) = dom::document() {
        page.set_title("Sign in · Tenantry");
    }
    let brand = Brand {
        name: "Tenantry".into(),
        portal: "Gallery".into(),
    };
    let action = || async { Err(Failure::new("The email address or the password is wrong.")) };
    view! {
        <main class="sign-in">
            <div class="sign-in-brand">
                <BrandMark brand=Signal::stored(brand) />
            </div>
            <div class="sign-in-card">
                <h1>"Sign in"</h1>
                <p class="text-muted">"Use the account of your company."</p>
                <Form state=state action=action unguarded=true when_refused="Sign-in failed">
                    <TextField label="Email" path="email" kind="email" autocomplete="username" value=bind!(form.email) />
                    <PasswordField label="Password" path="password" autocomplete="current-password" value=bind!(form.password) />
                    <SubmitButton label="Sign in" />
                </Form>
            </div>
        </main>
    }
}
