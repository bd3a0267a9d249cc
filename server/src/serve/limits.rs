//! How many calls one address, one person and one account may make, so that none takes the server from the others. What is too much of an
//! address is refused before the database hears of it, what is too much of a person or an account when the session was looked up, which is done once in a few seconds.
//!
//! Each server process counts for itself: behind a balancer over three processes a caller gets up to three times as much.

use crate::{
    address::network,
    cx::App,
    error::{Error, Result},
    id::UserId,
    store::Owner,
};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::BodyExt;
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Behind one address, and in one account, work several people.
const PEOPLE: u32 = 4;
/// For how many seconds a caller who was quiet may save up what it did not use: a page asks for much at once, and then for nothing.
const BURST_SECONDS: u32 = 4;
/// How many streams a person may have open, and how many passwords may be looked at, and calls and pages waited for, from one address, at once.
const STREAMS: usize = 100;
const PASSWORDS: usize = 50;
const AT_ONCE: usize = 2000;
/// For how many calls a second the audit trail tells of one refusal at once, and then of one a minute: it stays for ever, and has to be read.
const CALLS_PER_TOLD: u32 = 25;
/// How many callers of a kind are counted. Of more than that those who were quiet for longest are forgotten, and may begin anew.
const COUNTED: u64 = 100_000;
/// After how long it may be tried again where there was no place.
const FULL: Duration = Duration::from_secs(5);
/// After how long somebody quiet is forgotten; by then all of a burst is saved up again.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// The calls of the last seconds, and those that go on.
pub struct Limits {
    addresses: Kind<IpAddr>,
    people: Kind<UserId>,
    accounts: Kind<Owner>,
    open: Arc<Mutex<HashMap<Who, usize>>>,
    refusals: Kind<(Who, Refused)>,
    warnings: Kind<Who>,
}

/// Who has something open, or was refused something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Address(IpAddr),
    /// Somebody at an address who has given a password.
    Guesser(IpAddr),
    Person(UserId),
}

/// Why a call is refused: each is told of for itself, so that nobody hides one by many of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The caller may not look at it.
    Reader,
    /// The caller may not do it, or is not known.
    Caller,
    /// What was asked is wrong.
    Request,
}

/// Something that is open, until it is dropped.
pub struct Place {
    who: Who,
    open: Arc<Mutex<HashMap<Who, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.who);
            }
        }
    }
}

/// One kind of callers.
struct Kind<K> {
    quota: Quota,
    callers: Cache<K, Arc<DefaultDirectRateLimiter>>,
}

impl Limits {
    /// With a number of calls that one person may make in a second.
    pub fn new(calls_per_second: NonZeroU32) -> Self {
        let several = calls_per_second.saturating_mul(NonZeroU32::MIN.saturating_add(PEOPLE - 1));
        let told = NonZeroU32::new(calls_per_second.get() / CALLS_PER_TOLD).unwrap_or(NonZeroU32::MIN);
        Self {
            addresses: Kind::new(several, COUNTED),
            people: Kind::new(calls_per_second, COUNTED),
            accounts: Kind::new(several, COUNTED),
            open: Arc::default(),
            refusals: Kind::with(Quota::per_minute(told), COUNTED),
            warnings: Kind::with(Quota::per_minute(NonZeroU32::MIN), COUNTED),
        }
    }

    /// Counts a refusal of a person, or of somebody at an address who has not signed in; whether the audit trail tells of it. When it begins to tell no more, the log does.
    pub fn refusal(&self, address: IpAddr, person: Option<UserId>, why: Refused) -> bool {
        let who = person.map_or(Who::Address(network(address)), Who::Person);
        let is_told = self.refusals.count((who, why), "this caller").is_ok();
        if !is_told && self.warnings.count(who, "this caller").is_ok() {
            tracing::warn!(
                ?who,
                "so many calls are refused that some of them are in this log only, and not in the audit trail"
            );
        }
        is_told
    }

    /// A place for one more stream of a person.
    pub fn stream(&self, id: UserId) -> Result<Place> {
        self.place(Who::Person(id), STREAMS, "open streams of this user")
    }

    /// A place for one more password that somebody at an address has given: hashes are few at a time, and nobody shall take the places of all others.
    pub fn password(&self, address: IpAddr) -> Result<Place> {
        self.place(Who::Guesser(network(address)), PASSWORDS, "sign-ins at once from this address")
    }

    /// A place for one more call or page that an address waits for.
    fn at_once(&self, address: IpAddr) -> Result<Place> {
        self.place(Who::Address(network(address)), AT_ONCE, "open calls of this address")
    }

    fn place(&self, who: Who, most: usize, what: &str) -> Result<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(who).or_default();
        if *count >= most {
            let message = format!("There are {most} {what}, and there can be no more. Close some, or try again in a moment.");
            return Err(Error::Exhausted(what.to_owned(), message, Some(FULL)));
        }
        *count += 1;
        Ok(Place {
            who,
            open: self.open.clone(),
        })
    }

    /// Counts a call from an address.
    pub fn address(&self, address: IpAddr) -> Result<()> {
        self.addresses.count(network(address), "this address")
    }

    /// Counts a call of a person.
    pub fn person(&self, id: UserId) -> Result<()> {
        self.people.count(id, "this user")
    }

    /// Counts a call of somebody in an account. The vendor's own staff take nothing from each other.
    pub fn account(&self, owner: Owner) -> Result<()> {
        match owner {
            Owner::Platform => Ok(()),
            Owner::Tenant(_) => self.accounts.count(owner, "this tenant"),
            Owner::Reseller(_) => self.accounts.count(owner, "this reseller"),
        }
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Kind<K> {
    fn new(per_second: NonZeroU32, counted: u64) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
        Self::with(Quota::per_second(per_second).allow_burst(burst), counted)
    }

    fn with(quota: Quota, counted: u64) -> Self {
        Self {
            quota,
            // Whoever is new gets a place for certain, which the default policy does not give.
            callers: Cache::builder()
                .max_capacity(counted)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_idle(FORGOTTEN)
                .build(),
        }
    }

    fn count(&self, caller: K, of: &str) -> Result<()> {
        let limiter = self
            .callers
            .get_with(caller, || Arc::new(DefaultDirectRateLimiter::direct(self.quota)));
        limiter.check().map_err(|refusal| {
            let wait = refusal.wait_time_from(DefaultClock::default().now());
            let message = format!("There were too many calls of {of} in a short time. Try again in a moment.");
            Error::Exhausted(format!("calls of {of}"), message, Some(wait))
        })
    }
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

/// The layer that counts addresses: one for all that the port answers.
pub async fn by_address(State(app): State<App>, request: Request, next: Next) -> Response {
    let counted = match request.extensions().get::<Client>() {
        Some(Client(address)) => app.limits.address(*address).and_then(|()| app.limits.at_once(*address)),
        None => Err(Error::internal(anyhow::anyhow!("a request came from nowhere"))),
    };
    let error = match counted {
        Ok(place) => {
            let response = next.run(request).await;
            // Until the answer was taken, or nobody wants it any more.
            return response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _open = &place;
                    frame
                }))
            });
        }
        Err(error) => error,
    };
    let is_grpc = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().starts_with(b"application/grpc"));
    if is_grpc {
        return error.into_http();
    }
    let Error::Exhausted(_, message, Some(wait)) = error else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let seconds = wait.as_secs() + 1;
    let mut response = (StatusCode::TOO_MANY_REQUESTS, message).into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    fn limits(calls: u32) -> Limits {
        Limits::new(NonZeroU32::new(calls).expect("more than nothing"))
    }

    /// How many of many calls at once are answered.
    fn answered(mut call: impl FnMut() -> Result<()>) -> usize {
        (0..1000).filter(|_| call().is_ok()).count()
    }

    #[test]
    fn each_caller_has_a_burst_of_its_own_and_is_told_when_to_come_back() {
        let limits = limits(5);
        let (one, other) = (UserId::new(), UserId::new());
        // A second may pass in the middle.
        assert!((20..=30).contains(&answered(|| limits.person(one))));
        assert!(limits.person(other).is_ok());
        let Err(Error::Exhausted(_, _, Some(wait))) = limits.person(one) else {
            panic!("no refusal");
        };
        assert!(wait <= Duration::from_millis(200) && !wait.is_zero(), "{wait:?}");
    }

    #[test]
    fn an_address_and_an_account_may_do_what_four_people_may() {
        let limits = limits(5);
        let tenant = Owner::Tenant(crate::id::TenantId::new());
        assert!((80..=120).contains(&answered(|| limits.account(tenant))));
        assert!((80..=120).contains(&answered(|| limits.address(IpAddr::from([192, 0, 2, 1])))));
        assert!(limits.address(IpAddr::from([192, 0, 2, 2])).is_ok());
        assert_eq!(answered(|| limits.account(Owner::Platform)), 1000);
    }

    #[test]
    fn of_many_refusals_some_are_told() {
        let limits = limits(500);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let told = |address, person| (0..1000).filter(|_| limits.refusal(address, person, Refused::Request)).count();
        assert!((20..=22).contains(&told(here, None)));
        let person = Some(UserId::new());
        assert!((20..=22).contains(&told(here, person)));
        // Wherever the person calls from, and nobody else.
        assert!(told(there, person) <= 1);
        assert!((20..=22).contains(&told(there, None)));
        // Nor does it hide that somebody is refused for another reason.
        assert!(limits.refusal(here, person, Refused::Caller));
    }

    #[test]
    fn nobody_takes_the_places_of_all_who_sign_in() {
        let limits = limits(500);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut taken: Vec<_> = (0..1000).filter_map(|_| limits.password(here).ok()).collect();
        assert_eq!(taken.len(), PASSWORDS);
        assert!(limits.password(there).is_ok());
        taken.pop();
        assert!(limits.password(here).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let limits = limits(5);
        let mut host = 0;
        let calls = answered(|| {
            host += 1;
            limits.address(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host).into())
        });
        assert!((80..=120).contains(&calls), "{calls}");
        assert!(limits.address(Ipv6Addr::new(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1).into()).is_ok());
    }

    #[test]
    fn however_many_call_few_are_counted() {
        let kind = Kind::new(NonZeroU32::MIN, 100);
        for caller in 0..10_000 {
            assert!(kind.count(caller, "somebody").is_ok(), "the first call of each");
        }
        kind.callers.run_pending_tasks();
        assert!(kind.callers.entry_count() <= 100);
        // Whoever comes last is counted for certain.
        assert!((3..=8).contains(&answered(|| kind.count(10_000, "somebody"))));
    }
}
