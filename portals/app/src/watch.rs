//! Streams that go on: broken ones are tried again, those of hidden pages are closed, and all end with their page.

use std::{future::Future, time::Duration};

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, abortable};
use leptos::{prelude::*, task::spawn_local};
use portal_client::{Code, Items, RpcError, pb};
use portal_ui::{Failure, LiveState, dom};
use prost::Message;

use crate::{load::failure, me::Me};

/// A page that was hidden for so long gives its stream up until it is looked at again.
const HIDDEN: Duration = Duration::from_secs(60);
/// The waits before new tries, in seconds; the last one is repeated.
const WAITS: [u32; 6] = [1, 2, 4, 8, 16, 30];

/// A stream that is watched. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct Live {
    state: RwSignal<LiveState>,
    failure: RwSignal<Option<Failure>>,
    tries: StoredValue<usize>,
    running: StoredValue<Option<AbortHandle>>,
    start: Callback<()>,
}

impl Live {
    /// For a `ReconnectingBanner`.
    pub fn state(self) -> Signal<LiveState> {
        self.state.into()
    }

    /// Why it was given up, when trying again cannot help.
    pub fn failure(self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// Tries again now.
    pub fn retry(self) -> Callback<()> {
        self.start
    }

    fn stop(self) {
        if let Some(running) = self.running.try_update_value(Option::take).flatten() {
            running.abort();
        }
    }
}

/// Watches what `open` opens until the component goes away. `open` is told whether to begin afresh, because the server cannot resume from where
/// the stream was. `each` gets each message.
/// `is_over` says that nothing more can come; unless it does, an end of the stream is a break like any other, such as the server's restart.
pub fn watch<T, O, F>(open: O, each: impl Fn(T) + Send + Sync + 'static, is_over: impl Fn() -> bool + Send + Sync + 'static) -> Live
where
    T: Message + Default + 'static,
    O: Fn(bool) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Items<T>, RpcError>> + 'static,
{
    let me = Me::here();
    let state = RwSignal::new(LiveState::Live);
    let given_up = RwSignal::new(None);
    let tries = StoredValue::new(0usize);
    let running = StoredValue::new(None::<AbortHandle>);
    let (open, each, is_over) = (StoredValue::new(open), StoredValue::new(each), StoredValue::new(is_over));
    let start = move || {
        let work = async move {
            let mut afresh = false;
            loop {
                let error = match follow(open, each, afresh, state, tries).await {
                    Ok(()) if is_over.try_with_value(|is_over| is_over()) != Some(false) => break,
                    Ok(()) => None,
                    Err(error) => Some(error),
                };
                afresh = error.as_ref().is_some_and(|error| error.code == Code::OutOfRange);
                match error {
                    Some(error) if error.is_unauthenticated() => break,
                    Some(error) if is_final(&error) => {
                        given_up.set(Some(failure(error)));
                        state.set(LiveState::Live);
                        break;
                    }
                    _ => wait(tries, state).await,
                }
            }
        };
        let (work, handle) = abortable(work);
        if let Some(before) = running.try_update_value(|running| running.replace(handle)).flatten() {
            before.abort();
        }
        spawn_local(async move {
            // Stopped or ended: both are as they should be.
            let _ = work.await;
        });
    };
    let live = Live {
        state,
        failure: given_up,
        tries,
        running,
        start: Callback::new(move |()| start()),
    };
    // Now, and again after a new sign-in.
    Effect::new(move |_| {
        me.renewed().track();
        live.tries.set_value(0);
        live.start.run(());
    });
    rest_while_hidden(live);
    on_cleanup(move || live.stop());
    live
}

/// One life of a stream; `Ok` when the server ended it in good order.
async fn follow<T, O, F>(
    open: StoredValue<O>,
    each: StoredValue<impl Fn(T) + Send + Sync + 'static>,
    afresh: bool,
    state: RwSignal<LiveState>,
    tries: StoredValue<usize>,
) -> Result<(), RpcError>
where
    T: Message + Default + 'static,
    O: Fn(bool) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Items<T>, RpcError>> + 'static,
{
    let Some(opened) = open.try_with_value(|open| open(afresh)) else {
        return Ok(());
    };
    let mut items = opened.await?;
    // The answer has begun: the server is there again.
    state.set(LiveState::Live);
    while let Some(item) = items.next().await {
        let item = item?;
        tries.set_value(0);
        each.try_with_value(|each| each(item));
    }
    Ok(())
}

/// Whether trying again would be answered in the same way.
fn is_final(error: &RpcError) -> bool {
    matches!(
        error.code,
        Code::InvalidArgument | Code::NotFound | Code::PermissionDenied | Code::FailedPrecondition | Code::Unimplemented
    )
}

/// Waits before the next try and counts the seconds down.
async fn wait(tries: StoredValue<usize>, state: RwSignal<LiveState>) {
    let tried = tries.try_update_value(|tries| std::mem::replace(tries, *tries + 1)).unwrap_or(0);
    let millis = wait_millis(tried, js_sys::Math::random());
    let mut left = millis;
    while left > 0 {
        state.set(LiveState::Reconnecting {
            seconds: left.div_ceil(1000),
        });
        let step = left.min(1000);
        sleep(step).await;
        left -= step;
    }
    state.set(LiveState::Reconnecting { seconds: 0 });
}

/// How long to wait after so many tries: up to a fifth more or less than 1, 2, 4 .. 30 seconds, so that not all pages come back at once.
fn wait_millis(tried: usize, random: f64) -> u32 {
    let seconds = WAITS[tried.min(WAITS.len() - 1)];
    (f64::from(seconds) * (800.0 + 400.0 * random)) as u32
}

async fn sleep(millis: u32) {
    let (done, over) = oneshot::channel();
    let timer = set_timeout_with_handle(
        move || {
            let _ = done.send(());
        },
        Duration::from_millis(millis.into()),
    );
    let _ = over.await;
    drop(timer);
}

/// Ends the stream of a page that nobody has looked at for a while, and begins it again when somebody does.
fn rest_while_hidden(live: Live) {
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stopped = StoredValue::new(false);
    let stop_timer = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    let listener = window_event_listener_untyped("visibilitychange", move |_| {
        stop_timer();
        let hidden = dom::document().is_some_and(|page| page.hidden());
        if hidden {
            let rest = move || {
                stopped.set_value(true);
                live.stop();
            };
            timer.set_value(set_timeout_with_handle(rest, HIDDEN).ok());
        } else if stopped.get_value() {
            stopped.set_value(false);
            live.start.run(());
        }
    });
    on_cleanup(move || {
        stop_timer();
        listener.remove();
    });
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_differ_a_little() {
        assert_eq!(wait_millis(0, 0.5), 1_000);
        assert_eq!(wait_millis(3, 0.0), 6_400);
        assert_eq!(wait_millis(40, 1.0), 36_000);
    }
}
