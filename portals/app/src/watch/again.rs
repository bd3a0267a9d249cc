//! When a stream that broke is opened again: after a wait, and together with the others of its page.

use std::time::Duration;

use futures_channel::oneshot;
use leptos::prelude::*;
use portal_ui::LiveState;

/// The waits before new tries, in seconds; the last one is repeated.
const WAITS: [u32; 6] = [1, 2, 4, 8, 16, 30];

/// What the streams of a portal have in common: when one has reason to believe that the server is there again, no other one waits out its time.
#[derive(Clone, Copy)]
pub(crate) struct Together(RwSignal<u32>);

impl Together {
    /// Puts it into the context.
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(0)));
    }

    pub(super) fn here() -> Self {
        expect_context()
    }

    /// All streams that are not live are to be tried now.
    pub(super) fn wake(self) {
        self.0.update(|times| *times = times.wrapping_add(1));
    }

    /// Runs with each [`Together::wake`] from now on, until the component goes away.
    pub(super) fn on_wake(self, then: impl Fn() + 'static) {
        Effect::new(move |before: Option<()>| {
            self.0.track();
            if before.is_some() {
                untrack(&then);
            }
        });
    }
}

/// Waits before the next try and counts the seconds down.
pub(super) async fn wait(tries: StoredValue<usize>, state: RwSignal<LiveState>) {
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
