//! The whole of a portal: session, sign-in, frame, messages.

use leptos::prelude::*;
use leptos_router::{components::Router, hooks::use_location};
use portal_client::pb;
use portal_ui::{FailureNotice, SignInAgain, ToastRegion, Toasts};

use crate::{
    frame::Frame,
    load::failure,
    me::{Me, Phase},
    pages::{Alone, Invitation, Setup, SignIn, SignInForm},
    portal::Portal,
    scroll::keep_places,
    watch::Together,
};

/// A portal.
#[component]
pub fn PortalApp(
    /// What it is.
    portal: Portal,
) -> impl IntoView {
    let toasts = Toasts::provide();
    let me = Me::provide(portal);
    keep_places();
    Together::provide();
    view! {
        <Router base=portal.base>
            <Inside me=me />
        </Router>
        <ToastRegion toasts=toasts />
    }
}

/// What is shown instead of the frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Setup,
    Invitation,
    SignIn,
    Frame,
}

#[component]
fn Inside(me: Me) -> impl IntoView {
    let path = use_location().pathname;
    let unreachable = RwSignal::new(None);
    let resume = move || {
        leptos::task::spawn_local(async move {
            match me.client().resume().await {
                Ok(Some(_)) => {}
                Ok(None) => me.set_phase(Phase::Out),
                Err(error) => unreachable.set(Some(failure(error))),
            }
        });
    };
    resume();
    let retry = Callback::new(move |()| {
        unreachable.set(None);
        resume();
    });

    let shown = Memo::new(move |_| {
        let path = path.get();
        let portal = me.portal();
        match (
            path.strip_prefix(portal.base).unwrap_or_default().trim_end_matches('/'),
            me.phase().get(),
        ) {
            ("/setup", _) if portal.kind == pb::Portal::Master => Shown::Setup,
            ("/invitation", _) => Shown::Invitation,
            (_, Phase::Starting) => Shown::Nothing,
            (_, Phase::Out) => Shown::SignIn,
            (_, Phase::In | Phase::Over) => Shown::Frame,
        }
    });
    let over = RwSignal::new(false);
    Effect::new(move |_| over.set(me.phase().get() == Phase::Over && shown.get() == Shown::Frame));

    let page = move || match shown.get() {
        Shown::Nothing => {
            let failed = move || {
                let failure = unreachable.get()?;
                Some(view! {
                    <Alone title="Not connected" text="The server did not answer.">
                        <FailureNotice title="The page could not begin" failure=Signal::stored(failure) on_retry=retry />
                    </Alone>
                })
            };
            view! { {failed} }.into_any()
        }
        Shown::Setup => view! { <Setup /> }.into_any(),
        Shown::Invitation => view! { <Invitation /> }.into_any(),
        Shown::SignIn => view! { <SignIn /> }.into_any(),
        Shown::Frame => view! { <Frame /> }.into_any(),
    };
    view! {
        {page}
        <SignInAgain open=over>
            <SignInForm />
        </SignInAgain>
    }
}
