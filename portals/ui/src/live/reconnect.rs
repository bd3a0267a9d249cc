//! Says that live data is not live at the moment.

use leptos::prelude::*;

use crate::icon::{Icon, IconView};

/// How a live stream does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveState {
    /// Changes arrive.
    #[default]
    Live,
    /// The stream broke and is tried again in so many seconds; 0 is now.
    Reconnecting {
        /// Seconds until the next try.
        seconds: u32,
    },
}

/// A banner while a stream is being tried again; nothing while it is live.
#[component]
pub fn ReconnectingBanner(
    /// How the stream does.
    #[prop(into)]
    state: Signal<LiveState>,
    /// Try now was chosen.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let broken = Memo::new(move |_| state.get() != LiveState::Live);
    let when = move || match state.get() {
        LiveState::Reconnecting { seconds } if seconds > 0 => format!("Trying again in {seconds} s."),
        _ => "Trying again now.".to_owned(),
    };
    view! {
        <div role="status">
            <Show when=move || broken.get()>
                <div class="notice notice-warning reconnecting">
                    <IconView icon=Icon::Refresh />
                    <div class="notice-text">
                        <p class="notice-title">"Reconnecting"</p>
                        <p>
                            "The connection to the server is lost; what you see may be out of date. "
                            <span aria-hidden="true">{when}</span>
                        </p>
                    </div>
                    <button type="button" class="btn btn-plain btn-sm" on:click=move |_| on_retry.run(())>
                        "Try now"
                    </button>
                </div>
            </Show>
        </div>
    }
}
