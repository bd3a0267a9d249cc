//! What the vendor does with an instance.

use leptos::prelude::*;
use portal_app::{InstanceActions, Me, OpenInstance, failure};
use portal_client::pb;
use portal_ui::{ConfirmDialog, Failure, Icon, MenuItem, RowMenu, Toasts};

use crate::pages::suspend::SuspendDialog;

/// What the dialogs share. It can be copied.
#[derive(Clone, Copy)]
struct The {
    me: Me,
    toasts: Toasts,
    now: Signal<pb::Deployment>,
    on_change: Callback<pb::Deployment>,
}

impl The {
    fn id(self) -> String {
        self.now.with_untracked(|it| it.id.clone())
    }

    fn slug(self) -> Signal<Option<String>> {
        Signal::derive(move || Some(self.now.with(|it| it.slug.clone())))
    }

    fn title(self, verb: &'static str) -> Signal<String> {
        Signal::derive(move || format!("{verb} the instance {}?", self.now.with(|it| it.slug.clone())))
    }
}

/// What the vendor alone does.
#[derive(Clone, Copy)]
enum Action {
    Resume,
    Delete,
    Undelete,
    Purge,
}

impl Action {
    async fn run(self, the: The) -> Result<(), Failure> {
        let (deployment_id, etag) = (the.id(), String::new());
        let confirm_slug = the.slug().get_untracked().unwrap_or_default();
        let client = the.me.client();
        let calls = client.master();
        let now = match self {
            Action::Resume => {
                calls
                    .resume_deployment(pb::ResumeDeploymentRequest {
                        deployment_id,
                        etag,
                        ..Default::default()
                    })
                    .await
            }
            Action::Undelete => {
                calls
                    .undelete_deployment(pb::UndeleteDeploymentRequest {
                        deployment_id,
                        etag,
                        ..Default::default()
                    })
                    .await
            }
            Action::Delete => {
                let request = pb::DeleteDeploymentRequest {
                    deployment_id,
                    confirm_slug,
                    etag,
                    ..Default::default()
                };
                calls.delete_deployment(request).await
            }
            Action::Purge => {
                let request = pb::PurgeDeploymentRequest {
                    deployment_id,
                    confirm_slug,
                    etag,
                    ..Default::default()
                };
                calls.purge_deployment(request).await
            }
        };
        the.on_change.run(now.map_err(failure)?);
        Ok(())
    }

    /// Does it from a menu or a toast, where there is no place for a failure but a message.
    fn run_now(self, the: The, done: &'static str) {
        leptos::task::spawn_local(async move {
            match self.run(the).await {
                Ok(()) => the.toasts.done(done),
                Err(failure) => the.toasts.failed(format!("Nothing was changed. {}", failure.message)),
            }
        });
    }
}

/// Open, start, stop, restart, and in a menu what only the vendor does.
#[component]
pub fn DeploymentActions(
    /// The instance.
    #[prop(into)]
    deployment: Signal<pb::Deployment>,
    /// Gets the instance as it is after an action.
    on_change: Callback<pb::Deployment>,
) -> impl IntoView {
    let the = The {
        me: Me::here(),
        toasts: Toasts::here(),
        now: deployment,
        on_change,
    };
    let (suspending, resuming, deleting, purging) = (
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    let stands = Memo::new(move |_| deployment.with(|it| (it.desired_state(), it.state())));
    let menu = move || {
        use pb::DesiredState::{Absent, Running, Stopped, Suspended};
        let (desired, state) = stands.get();
        let may = |rpc: &str| the.me.may(rpc);
        let mut items = Vec::new();
        if may("SuspendDeployment") && matches!(desired, Running | Stopped) {
            items.push(MenuItem::new("Suspend", Icon::Pause, move || suspending.set(true)));
        }
        if may("ResumeDeployment") && desired == Suspended {
            items.push(MenuItem::new("Resume", Icon::Play, move || resuming.set(true)));
        }
        if may("DeleteDeployment") && desired != Absent {
            items.push(MenuItem::new("Delete", Icon::Trash, move || deleting.set(true)).danger());
        }
        if desired == Absent && state != pb::DeploymentState::Purged && state != pb::DeploymentState::Purging {
            if may("UndeleteDeployment") {
                items.push(MenuItem::new("Undelete", Icon::Undo, move || {
                    Action::Undelete.run_now(the, "The deletion is taken back")
                }));
            }
            if may("PurgeDeployment") {
                items.push(MenuItem::new("Purge", Icon::Trash, move || purging.set(true)).danger());
            }
        }
        view! { <RowMenu items=items label="More actions" text="More" icon=Icon::Down /> }
    };
    view! {
        {menu}
        <InstanceActions deployment=deployment on_change=on_change />
        <OpenInstance deployment=deployment primary=true />
        <SuspendDialog
            open=suspending
            title=the.title("Suspend")
            confirm="Suspend instance"
            text="It goes down, and the tenant cannot start it until you resume it. No data is lost."
            action=move |reason| async move {
                let request = pb::SuspendDeploymentRequest {
                    deployment_id: the.id(),
                    reason,
                    etag: String::new(),
                    ..Default::default()
                };
                let now = the.me.client().master().suspend_deployment(request).await.map_err(failure)?;
                the.on_change.run(now);
                the.toasts.done("The instance is suspended");
                Ok(())
            }
        />
        <ConfirmDialog
            open=resuming
            title=the.title("Resume")
            confirm="Resume"
            harmless=true
            action=move || async move {
                Action::Resume.run(the).await?;
                the.toasts.done("The instance is resumed");
                Ok(())
            }
        >
            <p>"It becomes what it was before it was suspended."</p>
        </ConfirmDialog>
        <ConfirmDialog
            open=deleting
            title=the.title("Delete")
            confirm="Delete instance"
            name=the.slug()
            action=move || async move {
                Action::Delete.run(the).await?;
                the.toasts.undoable("Instance deleted", move || Action::Undelete.run_now(the, "The deletion is taken back"));
                Ok(())
            }
        >
            <p>"It stops. Its data, with all subscribers in it, is kept until it is purged; until then the deletion can be taken back."</p>
        </ConfirmDialog>
        <ConfirmDialog
            open=purging
            title=the.title("Purge")
            confirm="Purge instance"
            name=the.slug()
            action=move || async move {
                Action::Purge.run(the).await?;
                the.toasts.done("The instance is being purged");
                Ok(())
            }
        >
            <p>"All of its data, its subscribers and its logs are removed now and for ever. This cannot be taken back."</p>
        </ConfirmDialog>
    }
}
