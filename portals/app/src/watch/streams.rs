//! The streams that several pages have.

use leptos::prelude::*;
use portal_client::pb;

use super::{Live, watch};
use crate::me::Me;

/// What a watch of deployments tells.
pub enum Seen {
    /// All deployments as they are, after the watch began or could not be resumed.
    All(Vec<pb::Deployment>),
    /// One that is new or has changed.
    One(Box<pb::Deployment>),
}

/// Watches the deployment of this id, or all where it is empty. A broken watch goes on where it was.
pub fn watch_deployments(deployment_id: String, seen: impl Fn(Seen) + Send + Sync + 'static) -> Live {
    let me = Me::here();
    let token = StoredValue::new(String::new());
    let snapshot = StoredValue::new(None::<Vec<pb::Deployment>>);
    let open = move |afresh: bool| {
        if afresh {
            token.set_value(String::new());
        }
        let resume_token = token.get_value();
        snapshot.set_value(resume_token.is_empty().then(Vec::new));
        let request = pb::WatchDeploymentsRequest {
            deployment_id: deployment_id.clone(),
            resume_token,
        };
        async move { me.watch_deployments(request).await }
    };
    let each = move |message: pb::WatchDeploymentsResponse| {
        use pb::watch_deployments_response::Event;
        match message.event {
            Some(Event::Deployment(one)) => {
                let kept = snapshot.try_update_value(|all| match all {
                    Some(all) => {
                        all.push(one.clone());
                        true
                    }
                    None => false,
                });
                if kept != Some(true) {
                    seen(Seen::One(Box::new(one)));
                }
            }
            Some(Event::Synced(_)) => {
                if let Some(all) = snapshot.try_update_value(Option::take).flatten() {
                    seen(Seen::All(all));
                }
            }
            Some(Event::Bookmark(_)) | None => {}
        }
        // A token from within the snapshot would leave out the rest of it.
        if snapshot.with_value(Option::is_none) {
            token.set_value(message.resume_token);
        }
    };
    watch(open, each, || false)
}

/// Follows the log of a deployment into `lines`. A broken stream goes on after the last line.
pub fn follow_log(deployment_id: String, lines: portal_ui::LogLines) -> Live {
    let me = Me::here();
    let open = move |_| {
        let after = untrack(|| lines.last()).and_then(|last| i64::try_from(last).ok());
        let request = pb::TailDeploymentLogsRequest {
            deployment_id: deployment_id.clone(),
            after_sequence: after.unwrap_or(0),
            lines: if after.is_none() { 1000 } else { 0 },
            follow: true,
        };
        async move { me.tail_deployment_logs(request).await }
    };
    let each = move |message: pb::TailDeploymentLogsResponse| lines.push(message.lines.into_iter().map(portal_ui::log_line));
    watch(open, each, || false)
}
