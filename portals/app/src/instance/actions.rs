//! Open, start, stop, restart.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{ConfirmDialog, Failure, Icon, IconView, Toasts, view};

use crate::{load::failure, me::Me};

/// The link to the instance itself, while it runs.
#[component]
pub fn OpenInstance(
    /// The instance.
    #[prop(into)]
    deployment: Signal<pb::Deployment>,
    /// It is the first thing to do on its page.
    #[prop(optional)]
    primary: bool,
) -> impl IntoView {
    let class = if primary { "btn btn-primary" } else { "btn" };
    let url = Memo::new(move |_| deployment.with(|it| (view::is_up(it) && !it.url.is_empty()).then(|| it.url.clone())));
    move || {
        url.get().map(|url| {
            view! {
                <a class=class href=url target="_blank" rel="noopener">
                    <IconView icon=Icon::External />
                    "Open"
                    <span class="sr-only">" the instance in a new tab"</span>
                </a>
            }
        })
    }
}

/// What an action asks for.
#[derive(Clone, Copy)]
enum Action {
    Start,
    Stop,
    Restart,
}

impl Action {
    /// Does it, once for each key.
    async fn run(self, me: Me, deployment_id: String, request_id: String) -> Result<pb::Deployment, Failure> {
        let etag = String::new();
        let answer = match self {
            Action::Start => {
                me.start_deployment(pb::StartDeploymentRequest {
                    deployment_id,
                    etag,
                    ..Default::default()
                })
                .await
            }
            Action::Stop => {
                me.stop_deployment(pb::StopDeploymentRequest {
                    deployment_id,
                    etag,
                    ..Default::default()
                })
                .await
            }
            Action::Restart => {
                let request = pb::RestartDeploymentRequest {
                    request_id,
                    deployment_id,
                    etag,
                };
                me.restart_deployment(request).await
            }
        };
        answer.map_err(failure)
    }
}

/// Buttons for what the instance's state and the person's role allow.
#[component]
pub fn InstanceActions(
    /// The instance.
    #[prop(into)]
    deployment: Signal<pb::Deployment>,
    /// Gets the instance as it is after an action.
    #[prop(into)]
    on_change: Callback<pb::Deployment>,
) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let (stopping, restarting, busy) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let can = move |rpc: &'static str, fits: fn(&pb::Deployment) -> bool| Memo::new(move |_| me.may(rpc) && deployment.with(fits));
    let start = can("StartDeployment", view::may_start);
    let stop = can("StopDeployment", view::may_stop);
    let restart = can("RestartDeployment", view::may_restart);
    let id = move || deployment.with_untracked(|it| it.id.clone());
    let on_start = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let work = Action::Start.run(me, id(), String::new());
        leptos::task::spawn_local(async move {
            match work.await {
                Ok(now) => {
                    on_change.run(now);
                    toasts.done("The instance is starting");
                }
                Err(failure) => toasts.failed(format!("The instance was not started. {}", failure.message)),
            }
            busy.try_set(false);
        });
    };
    // The same key for each try of one restart.
    let key = StoredValue::new(String::new());
    let ask_restart = move |_| {
        key.set_value(portal_client::request_id());
        restarting.set(true);
    };
    let confirmed = move |action: Action, done: &'static str| {
        let work = action.run(me, id(), key.get_value());
        async move {
            on_change.run(work.await?);
            toasts.done(done);
            Ok(())
        }
    };
    view! {
        <Show when=move || start.get()>
            <button type="button" class="btn btn-primary" disabled=move || busy.get() on:click=on_start>
                <IconView icon=Icon::Play />
                "Start"
            </button>
        </Show>
        <Show when=move || restart.get()>
            <button type="button" class="btn" on:click=ask_restart>
                <IconView icon=Icon::Refresh />
                "Restart"
            </button>
        </Show>
        <Show when=move || stop.get()>
            <button type="button" class="btn" on:click=move |_| stopping.set(true)>
                <IconView icon=Icon::Stop />
                "Stop"
            </button>
        </Show>
        <ConfirmDialog
            open=restarting
            title="Restart the instance?"
            confirm="Restart"
            harmless=true
            action=move || confirmed(Action::Restart, "The instance is restarting")
        >
            <p>"It is away for a few seconds, and people who are signed in to it have to sign in again. No data is lost."</p>
        </ConfirmDialog>
        <ConfirmDialog
            open=stopping
            title="Stop the instance?"
            confirm="Stop"
            action=move || confirmed(Action::Stop, "The instance is stopping")
        >
            <p>"Nobody can reach it until it is started again. Its data is kept, and it is billed as before."</p>
        </ConfirmDialog>
    }
}
