//! Streams that go on: broken ones are tried again, those of hidden pages are closed, and all end with their page.

mod again;
mod banner;
mod streams;

use std::{future::Future, time::Duration};

use futures_util::future::{AbortHandle, abortable};
use leptos::{prelude::*, task::spawn_local};
use portal_client::{Code, Items, RpcError};
use portal_ui::{Failure, LiveState, dom};
use prost::Message;

use crate::{load::failure, me::Me};
pub(crate) use again::Together;
use again::wait;
pub use banner::LiveBanner;
pub use streams::{Seen, follow_log, watch_deployments};

/// A page that was hidden for so long gives its stream up until it is looked at again.
const HIDDEN: Duration = Duration::from_secs(60);

/// A stream that is watched. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct Live {
    state: RwSignal<LiveState>,
    failure: RwSignal<Option<Failure>>,
    tries: StoredValue<usize>,
    running: StoredValue<Option<AbortHandle>>,
    start: Callback<()>,
    together: Together,
}

impl Live {
    /// Whether it is live, or tried again.
    pub fn state(self) -> Signal<LiveState> {
        self.state.into()
    }

    /// Why it was given up, when trying again cannot help.
    pub fn failure(self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// Tries again now; while it waits for its next try, all others that do are tried with it.
    pub fn retry(self) -> Callback<()> {
        Callback::new(move |()| match self.is_broken() {
            true => self.together.wake(),
            false => self.start.run(()),
        })
    }

    fn is_broken(self) -> bool {
        self.state.get_untracked() != LiveState::Live
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
    let (me, together) = (Me::here(), Together::here());
    let state = RwSignal::new(LiveState::Live);
    let given_up = RwSignal::new(None);
    let tries = StoredValue::new(0usize);
    let running = StoredValue::new(None::<AbortHandle>);
    let (open, each, is_over) = (StoredValue::new(open), StoredValue::new(each), StoredValue::new(is_over));
    let start = move || {
        given_up.set(None);
        if state.get_untracked() != LiveState::Live {
            state.set(LiveState::Reconnecting { seconds: 0 });
        }
        let work = async move {
            let (mut afresh, mut waited) = (false, false);
            loop {
                let is_live = move || {
                    state.set(LiveState::Live);
                    // Only who waited tells the others, so that two streams that break as soon as they are opened do not wake each other for ever.
                    if waited {
                        together.wake();
                    }
                };
                let error = match follow(open, each, afresh, is_live, tries).await {
                    Ok(()) if is_over.try_with_value(|is_over| is_over()) != Some(false) => break,
                    Ok(()) => None,
                    Err(error) => Some(error),
                };
                afresh = error.as_ref().is_some_and(|error| error.code == Code::OutOfRange);
                match error {
                    Some(error) if error.is_unauthenticated() => break,
                    Some(error) if is_final(&error) => {
                        if error.refused.is_some() {
                            me.look_again();
                        }
                        given_up.set(Some(failure(error)));
                        state.set(LiveState::Live);
                        break;
                    }
                    _ => wait(tries, state).await,
                }
                waited = true;
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
        together,
    };
    // Now, and again after a new sign-in.
    Effect::new(move |_| {
        me.renewed().track();
        live.tries.set_value(0);
        live.start.run(());
    });
    together.on_wake(move || {
        if live.is_broken() {
            live.start.run(());
        }
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
    is_live: impl Fn(),
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
    is_live();
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
