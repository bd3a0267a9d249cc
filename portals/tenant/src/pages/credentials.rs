//! The first credentials of an instance: shown once, to an admin who asks for them.

use leptos::prelude::*;
use portal_app::{Me, failure};
use portal_client::pb;
use portal_ui::{CopyId, Dialog, DialogActions, Form, FormState, Icon, IconView, Notice, Tone};

/// A notice while the credentials were not shown, and the dialog that shows them.
#[component]
pub fn Credentials(
    /// The instance.
    deployment: Signal<pb::Deployment>,
) -> impl IntoView {
    let me = Me::here();
    let open = RwSignal::new(false);
    let shown = RwSignal::new(None::<pb::InstanceCredentials>);
    let available = Memo::new(move |_| deployment.with(|it| it.credentials_available));
    let id = move || deployment.with_untracked(|it| it.id.clone());
    let notice = move || {
        available.get().then(|| {
            let action = match me.may("RevealInstanceCredentials") {
                true => view! {
                    <button type="button" class="btn btn-plain btn-sm mt-2" on:click=move |_| open.set(true)>
                        <IconView icon=Icon::Key />
                        "Show credentials"
                    </button>
                }
                .into_any(),
                false => view! { <p>"An admin of your account can have them shown."</p> }.into_any(),
            };
            view! {
                <Notice tone=Tone::Info title="The first sign-in of your instance is waiting">
                    <p>"With these credentials you sign in to the instance itself, which is a place of its own. They are shown once."</p>
                    {action}
                </Notice>
            }
        })
    };
    // What was shown is gone with the dialog.
    Effect::new(move |_| {
        if !open.get() {
            shown.set(None);
        }
    });
    let ask = move || {
        let state = FormState::new(Vec::new);
        let action = move || async move {
            let request = pb::RevealInstanceCredentialsRequest {
                deployment_id: id(),
                ..Default::default()
            };
            let credentials = me.client().tenant().reveal_instance_credentials(request).await.map_err(failure)?;
            shown.set(Some(credentials));
            Ok(())
        };
        view! {
            <Form state=state action=action unguarded=true>
                <div class="dialog-text">
                    <p>"The password is shown once and cannot be shown again. Have your password manager at hand before you go on."</p>
                </div>
                <DialogActions open=open cancel="Not now" submit="Show credentials" />
            </Form>
        }
    };
    view! {
        {notice}
        <Dialog open=open title="Credentials of the instance" held=true>
            {move || match shown.get() {
                Some(credentials) => view! { <Shown credentials=credentials open=open /> }.into_any(),
                None => ask().into_any(),
            }}
        </Dialog>
    }
}

#[component]
fn Shown(credentials: pb::InstanceCredentials, open: RwSignal<bool>) -> impl IntoView {
    let url = credentials.url.clone();
    view! {
        <div class="stack" role="status">
            <Notice tone=Tone::Warning title="This is the only time that the password is shown">
                <p>"Store it now. Whoever has it can read and change all data of the instance."</p>
            </Notice>
            <dl class="secret">
                <dt>"Address"</dt>
                <dd>
                    <CopyId value=credentials.url label="address" whole=true />
                </dd>
                <dt>"Email"</dt>
                <dd>
                    <CopyId value=credentials.email label="email" whole=true />
                </dd>
                <dt>"Password"</dt>
                <dd>
                    <CopyId value=credentials.password label="password" whole=true />
                </dd>
            </dl>
        </div>
        <div class="dialog-actions">
            <a class="btn" href=url target="_blank" rel="noopener">
                <IconView icon=Icon::External />
                "Open the instance"
            </a>
            <button type="button" class="btn btn-primary" on:click=move |_| open.set(false)>
                "I have stored them"
            </button>
        </div>
    }
}
