//! Who is signed in: the tokens, and the moment at which the access token is renewed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tenantry_proto::v1 as pb;

use crate::transport::now;

/// Renewed this long before it ends, in milliseconds.
const EARLY: i64 = 60_000;
/// However wrong the clock of this machine is, a new token is used for this long at least, and for this long at most.
const USED: std::ops::RangeInclusive<i64> = 60_000..=840_000;

/// The tokens of a session.
#[derive(Clone)]
pub(crate) struct Tokens {
    /// For the header of each call.
    pub(crate) access: String,
    /// For the next refresh; empty where the browser has it as a cookie.
    pub(crate) refresh: String,
    /// When to renew, by the clock of this machine.
    renew_at: i64,
}

impl Tokens {
    /// Whether it is time to renew.
    pub(crate) fn are_old(&self) -> bool {
        now() >= self.renew_at
    }
}

/// Told when a session begins, when it changes, and, with `None`, when it is over.
pub(crate) type OnChange = Box<dyn Fn(Option<pb::Session>) + Send + Sync>;

/// The session of a client, if there is one.
pub(crate) struct Session {
    state: Mutex<Option<(Tokens, pb::Session)>>,
    on_change: OnChange,
}

impl Session {
    pub(crate) fn new(on_change: OnChange) -> Self {
        Self {
            state: Mutex::new(None),
            on_change,
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<(Tokens, pb::Session)>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tokens(&self) -> Option<Tokens> {
        self.state().as_ref().map(|(tokens, _)| tokens.clone())
    }

    /// The session without its tokens.
    pub(crate) fn current(&self) -> Option<pb::Session> {
        self.state().as_ref().map(|(_, session)| session.clone())
    }

    /// Begins or goes on; answers the session without its tokens.
    pub(crate) fn keep(&self, mut session: pb::Session) -> pb::Session {
        let end = session.access_expire_time.map_or(0, |t| t.seconds.saturating_mul(1000));
        let good_for = end.saturating_sub(now()).saturating_sub(EARLY);
        let tokens = Tokens {
            access: std::mem::take(&mut session.access_token),
            refresh: std::mem::take(&mut session.refresh_token),
            renew_at: now() + good_for.clamp(*USED.start(), *USED.end()),
        };
        *self.state() = Some((tokens, session.clone()));
        (self.on_change)(Some(session.clone()));
        session
    }

    /// The same session as the server sees it now; one that has gone on in another account meanwhile stays as it is.
    pub(crate) fn update(&self, now: pb::Session) {
        let known = match &mut *self.state() {
            Some((_, known)) if known.account == now.account => {
                *known = pb::Session {
                    access_expire_time: known.access_expire_time,
                    ..now
                };
                known.clone()
            }
            _ => return,
        };
        (self.on_change)(Some(known));
    }

    /// It is over.
    pub(crate) fn end(&self) {
        if self.state().take().is_some() {
            (self.on_change)(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::Timestamp;

    fn ends_in(seconds: i64) -> Tokens {
        let session = Session::new(Box::new(|_| ()));
        session.keep(pb::Session {
            access_expire_time: Some(Timestamp {
                seconds: now() / 1000 + seconds,
                nanos: 0,
            }),
            ..Default::default()
        });
        session.tokens().expect("kept")
    }

    #[test]
    fn a_token_is_renewed_before_it_ends_whatever_the_clock_says() {
        // To the nearest ten seconds: the clock goes on while this runs.
        let until = |tokens: Tokens| (tokens.renew_at - now() + 5_000) / 10_000;
        assert_eq!(until(ends_in(600)), 54);
        assert_eq!(until(ends_in(-4000)), 6);
        assert_eq!(until(ends_in(90_000)), 84);
        assert!(!ends_in(-4000).are_old());
    }

    #[test]
    fn what_is_learned_of_a_session_leaves_its_tokens_and_other_accounts_alone() {
        let of = |account: &str, permissions: &[&str]| pb::Session {
            access_token: if permissions.is_empty() { "token".into() } else { String::new() },
            account: Some(pb::Account {
                id: account.into(),
                ..Default::default()
            }),
            permissions: permissions.iter().map(|it| (*it).to_owned()).collect(),
            ..Default::default()
        };
        let session = Session::new(Box::new(|_| ()));
        session.update(of("ten_a", &["nobody is signed in"]));
        assert_eq!(session.current(), None);
        session.keep(of("ten_a", &[]));
        session.update(of("ten_b", &["of another account"]));
        session.update(of("ten_a", &["ListTenants"]));
        assert_eq!(session.current().map(|it| it.permissions), Some(vec!["ListTenants".to_owned()]));
        assert_eq!(session.tokens().map(|it| it.access), Some("token".to_owned()));
        session.update(of("ten_b", &["of another account"]));
        assert_eq!(session.current().map(|it| it.permissions), Some(vec!["ListTenants".to_owned()]));
    }
}
