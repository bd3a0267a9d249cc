//! An invitation link inside a page.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{CopyId, Failure, FailureNotice, Icon, IconView, TimeText, millis};

use crate::{load::failure, me::Me};

/// A button that makes a new invitation link for a person who has no password yet, and the link in its place, for as long as the page is there.
#[component]
pub fn InvitationLink(
    /// The person.
    user_id: String,
) -> impl IntoView {
    let me = Me::here();
    let (link, failed, busy) = (
        RwSignal::new(None::<pb::Invitation>),
        RwSignal::new(None::<Failure>),
        RwSignal::new(false),
    );
    let make = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failed.set(None);
        let user_id = user_id.clone();
        leptos::task::spawn_local(async move {
            match me
                .issue_invitation(pb::IssueInvitationRequest {
                    user_id,
                    ..Default::default()
                })
                .await
            {
                Ok(invitation) => {
                    link.try_set(Some(invitation));
                }
                Err(error) => {
                    failed.try_set(Some(failure(error)));
                }
            }
            busy.try_set(false);
        });
    };
    let button = move || {
        view! {
            <p>
                <button type="button" class="btn btn-primary" disabled=move || busy.get() on:click=make.clone()>
                    <IconView icon=Icon::Key />
                    "Create invitation link"
                </button>
            </p>
        }
    };
    let shown = move || match link.get() {
        None => button.clone()().into_any(),
        Some(invitation) => {
            let ends = millis(&invitation.expire_time).map(|at| view! { " It works once, and ends " <TimeText at=at /> "." });
            view! {
                <p>
                    <CopyId value=invitation.url label="invitation link" whole=true />
                </p>
                <p class="text-muted">"Copy it now, it is not shown again." {ends}</p>
            }
            .into_any()
        }
    };
    view! {
        <div class="stack" aria-live="polite">
            {move || {
                failed.get().map(|failure| view! { <FailureNotice title="No link was made" failure=Signal::stored(failure) /> })
            }}
            {shown}
        </div>
    }
}
