//! Who is signed in, and the client that calls for this person.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use portal_client::{Client, Refused, pb};

use crate::portal::Portal;

/// Where the session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The server is being asked whether there is a session.
    Starting,
    /// There is none.
    Out,
    /// There is one.
    In,
    /// There was one, and it is over; the page is still there.
    Over,
}

/// An account, and what the person may call in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    account_id: String,
    permissions: Vec<String>,
}

impl Place {
    fn of(session: &pb::Session) -> Self {
        Self {
            account_id: session.account.as_ref().map(|account| account.id.clone()).unwrap_or_default(),
            permissions: session.permissions.clone(),
        }
    }
}

/// The session and its client. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct Me {
    portal: StoredValue<Portal>,
    client: StoredValue<Client>,
    session: RwSignal<pb::Session>,
    /// The account and what the role may call there. It stays the same when only the tokens are renewed, so that no page is drawn anew then.
    place: Memo<Place>,
    phase: RwSignal<Phase>,
    /// Counts the times a session was begun again on the same page.
    renewed: RwSignal<u32>,
    leaving: StoredValue<bool>,
    /// Counts what happened to the account outside of the page.
    account_news: RwSignal<u32>,
}

impl Me {
    /// Begins without a session and puts it into the context.
    pub(crate) fn provide(portal: Portal) -> Self {
        let session = RwSignal::new(pb::Session::default());
        let phase = RwSignal::new(Phase::Starting);
        let renewed = RwSignal::new(0);
        let leaving = StoredValue::new(false);
        let on_change = move |now: Option<pb::Session>| match now {
            Some(now) => {
                session.set(now);
                if phase.get_untracked() == Phase::Over {
                    renewed.update(|count| *count += 1);
                }
                if phase.get_untracked() != Phase::In {
                    phase.set(Phase::In);
                }
            }
            None if leaving.get_value() => phase.set(Phase::Out),
            None if phase.get_untracked() == Phase::In => phase.set(Phase::Over),
            None => {}
        };
        let me = Self {
            portal: StoredValue::new(portal),
            client: StoredValue::new(Client::of_page(portal.kind, on_change)),
            session,
            place: Memo::new(move |_| session.with(Place::of)),
            phase,
            renewed,
            leaving,
            account_news: RwSignal::new(0),
        };
        provide_context(me);
        me
    }

    /// The session of the app. Every page is inside of one.
    pub fn here() -> Self {
        expect_context()
    }

    /// The client.
    pub fn client(self) -> Client {
        self.client.get_value()
    }

    /// Which portal this is.
    pub fn portal(self) -> Portal {
        self.portal.get_value()
    }

    /// A complete address of this portal: `me.path("/users")`.
    pub fn path(self, rest: &str) -> String {
        format!("{}{rest}", self.portal().base)
    }

    /// The session, without tokens.
    pub fn session(self) -> Signal<pb::Session> {
        self.session.into()
    }

    /// The person's id.
    pub fn user_id(self) -> String {
        self.session
            .with(|session| session.user.as_ref().map(|user| user.id.clone()).unwrap_or_default())
    }

    /// Whether the role may call an RPC of this portal's service: `me.may("SuspendTenant")`. What it may not is hidden. Nobody needs to follow this:
    /// all pages are made anew for another role.
    pub fn may(self, rpc: &str) -> bool {
        let path = format!("{}{rpc}", self.portal().service);
        self.place.with_untracked(|place| place.permissions.contains(&path))
    }

    /// That the role may not call an RPC of this portal's service.
    pub(crate) fn refused(self, rpc: &str) -> Refused {
        Refused {
            permission: format!("{}{rpc}", self.portal().service),
            role: self.session.with_untracked(|session| session.role()),
        }
    }

    /// Who can change that the role may not do something.
    pub(crate) fn who_gives_roles(self) -> String {
        let account = self.session.with_untracked(|session| session.account.clone().unwrap_or_default());
        format!("An admin of {} can give you a role that may.", account.display_name)
    }

    /// Asks what the role may do by now: a call was refused that should not have been, or the policy was written. Where it is something else, all is made anew.
    pub fn look_again(self) {
        leptos::task::spawn_local(async move {
            // What cannot be asked now is asked with the next token.
            let _ = self.client().look_again().await;
        });
    }

    /// Where the person is; changes when everything on the page is to be made anew.
    pub(crate) fn place(self) -> Memo<Place> {
        self.place
    }

    /// Changes each time a session was begun again over the page; data that is loaded or watched follows it.
    pub(crate) fn renewed(self) -> Signal<u32> {
        self.renewed.into()
    }

    /// Something happened to the account that what stands on every page should show, such as a suspension.
    pub fn account_changed(self) {
        self.account_news.update(|news| *news = news.wrapping_add(1));
    }

    /// Changes with [`Me::account_changed`].
    pub fn account_news(self) -> Signal<u32> {
        self.account_news.into()
    }

    pub(crate) fn phase(self) -> Signal<Phase> {
        self.phase.into()
    }

    pub(crate) fn set_phase(self, phase: Phase) {
        self.phase.set(phase);
    }

    /// Signs out here and at the server, and shows the sign-in.
    pub(crate) fn sign_out(self) {
        self.leaving.set_value(true);
        leptos::task::spawn_local(async move {
            // Here it is over in any case; a session that the server could not be told of ends by itself.
            let _ = self.client().sign_out().await;
            self.phase.set(Phase::Out);
            self.leaving.set_value(false);
        });
    }
}

/// The way to other pages. It can be copied.
#[derive(Clone, Copy)]
pub struct Go(Callback<(String, bool)>);

impl Go {
    /// The way from the component that asks.
    pub fn here() -> Self {
        let navigate = use_navigate();
        Self(Callback::new(move |(to, replace): (String, bool)| {
            let options = NavigateOptions {
                resolve: false,
                replace,
                scroll: !to.contains('?'),
                ..NavigateOptions::default()
            };
            navigate(&to, options);
        }))
    }

    /// Goes to a complete address: `/master/tenants`.
    pub fn to(self, address: impl Into<String>) {
        self.0.run((address.into(), false));
    }

    /// Goes there, and puts the address in the place of this one in the history.
    pub fn instead(self, address: impl Into<String>) {
        self.0.run((address.into(), true));
    }
}
