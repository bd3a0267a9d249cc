//! The connections of a port. There are as many as there are places; when all are taken, the one has to go whose client has kept us waiting for longest, and before
//! all others one on which nothing was ever asked.
//!
//! A client that sends nothing, sends slowly or does not read what it asked for looks like one on a bad line, and may be. So it is left alone until somebody else
//! needs its place, or until it has not taken a byte of an answer for a minute: however many of its kind there are, they keep nobody out. Where all connections are
//! being served, which a quiet stream is too, the network that has the most gives one of them to whoever comes from another.

mod exchange;

pub(crate) use exchange::Exchange;

use axum::body::Body;
use std::{
    collections::HashMap,
    future::Future,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// How long a client may leave an answer, or the rest of its own request, where it is.
const PATIENCE: Duration = Duration::from_secs(60);
/// For how long a connection is new.
const NEW: Duration = Duration::from_millis(500);
/// How often it is looked.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked for a place where every connection is being served.
const LOOK_FOR_PLACE: Duration = Duration::from_millis(50);

/// All connections of a port.
pub(crate) struct Connections {
    most: usize,
    open: Mutex<Open>,
    left: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
}

/// One of them.
pub(crate) struct Connection {
    network: IpAddr,
    requests: Mutex<Requests>,
    told_to_leave: Notify,
    is_told: AtomicBool,
    /// Told also where it is being served.
    has_to_go: AtomicBool,
}

/// Its requests that were not answered to the end, each with the time since when it is the client that has to do something.
struct Requests {
    next: u64,
    open: HashMap<u64, Option<Instant>>,
    /// Since when there is none.
    idle_since: Instant,
}

/// The place of one connection, until it is dropped.
pub(crate) struct Place {
    id: u64,
    connection: Arc<Connection>,
    of: Arc<Connections>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connections {
    /// At most so many.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: Mutex::default(),
            left: Notify::new(),
        })
    }

    /// A place for one more from a network; where there is none, another connection is told to leave. Waits while all of them are being served and no network has
    /// more of them.
    pub(crate) async fn place(self: &Arc<Self>, network: IpAddr) -> Place {
        loop {
            {
                let mut open = lock(&self.open);
                if open.all.len() < self.most {
                    return self.take(&mut open, network);
                }
            }
            self.make_room(Some(network));
            let _ = timeout(LOOK_FOR_PLACE, self.left.notified()).await;
        }
    }

    /// Tells the connection to leave whose client has kept us waiting for longest; where there is none, one of the network that has the most, if it is not the one that
    /// asks.
    pub(crate) fn make_room(&self, network: Option<IpAddr>) {
        let open = lock(&self.open);
        // One at a time: whoever was told is about to leave, and nobody has to go in vain.
        if open.all.values().any(|connection| connection.is_told.load(Ordering::Relaxed)) {
            return;
        }
        // Of those who come at once none takes the place of another that is about to ask; where there are no files left, nobody has come yet.
        let is_new = |since: Instant| network.is_some() && since.elapsed() < NEW;
        let waiting = open.all.values().filter_map(|c| {
            let since = c.waits_since()?;
            Some((c.was_used() || is_new(since), since, c))
        });
        if let Some((.., connection)) = waiting.min_by_key(|(was_used, since, _)| (*was_used, *since)) {
            connection.tell();
            return;
        }
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for connection in open.all.values() {
            *counts.entry(connection.network).or_default() += 1;
        }
        let own = network.and_then(|network| counts.get(&network).copied()).unwrap_or_default();
        let Some((biggest, _)) = counts
            .into_iter()
            .filter(|(_, count)| *count > own + 1)
            .max_by_key(|(_, count)| *count)
        else {
            return;
        };
        let theirs = open.all.iter().filter(|(_, connection)| connection.network == biggest);
        if let Some((_, connection)) = theirs.min_by_key(|(id, _)| **id) {
            connection.has_to_go.store(true, Ordering::Relaxed);
            connection.tell();
        }
    }

    fn take(self: &Arc<Self>, open: &mut Open, network: IpAddr) -> Place {
        let connection = Arc::new(Connection {
            network,
            is_told: AtomicBool::new(false),
            has_to_go: AtomicBool::new(false),
            requests: Mutex::new(Requests {
                next: 0,
                open: HashMap::new(),
                idle_since: Instant::now(),
            }),
            told_to_leave: Notify::new(),
        });
        let id = open.next;
        open.next += 1;
        open.all.insert(id, connection.clone());
        Place {
            id,
            connection,
            of: self.clone(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.of.open).all.remove(&self.id);
        self.of.left.notify_one();
    }
}

impl Place {
    /// The connection that has it.
    pub(crate) fn connection(&self) -> Arc<Connection> {
        self.connection.clone()
    }

    /// Lets the connection run until it ends by itself or has to leave.
    pub(crate) async fn run(self, connection: impl Future) {
        tokio::select! {
            _ = connection => {}
            () = self.connection.has_to_leave() => tracing::debug!("a client did not do its part; its connection is closed"),
        }
    }
}

impl Connection {
    async fn has_to_leave(&self) {
        loop {
            match timeout(LOOK, self.told_to_leave.notified()).await {
                // It may have come to life meanwhile.
                Ok(()) if self.waits_since().is_some() || self.has_to_go.load(Ordering::Relaxed) => return,
                Ok(()) => self.is_told.store(false, Ordering::Relaxed),
                Err(_) => {
                    let is_idle = lock(&self.requests).open.is_empty();
                    if !is_idle && self.waits_since().is_some_and(|since| since.elapsed() > PATIENCE) {
                        return;
                    }
                }
            }
        }
    }

    fn tell(&self) {
        self.is_told.store(true, Ordering::Relaxed);
        self.told_to_leave.notify_one();
    }

    fn was_used(&self) -> bool {
        lock(&self.requests).next > 0
    }

    /// Since when all depends on the client; `None` while something is being done for it.
    fn waits_since(&self) -> Option<Instant> {
        let requests = lock(&self.requests);
        let all: Option<Vec<Instant>> = requests.open.values().copied().collect();
        Some(all?.into_iter().max().unwrap_or(requests.idle_since))
    }

    /// Notes a request, and answers its body and what to note its response with.
    pub(crate) fn request(self: &Arc<Self>, body: Body) -> (Body, Exchange) {
        let mut requests = lock(&self.requests);
        let id = requests.next;
        requests.next += 1;
        requests.open.insert(id, None);
        Exchange::new(id, self.clone(), body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http_body_util::BodyExt;
    use std::{future::pending, net::Ipv4Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn runs(place: Place) -> tokio::task::JoinHandle<()> {
        tokio::spawn(place.run(pending::<()>()))
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_longest_makes_room_and_who_is_served_stays() {
        let connections = Connections::new(3);
        let mut running = Vec::new();
        let mut exchanges = Vec::new();
        for _ in 0..3 {
            let place = connections.place(HERE).await;
            exchanges.push(place.connection().request(Body::empty()).1);
            running.push(runs(place));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        // All are being served: nobody goes.
        assert!(timeout(Duration::from_secs(1), connections.place(HERE)).await.is_err());
        // The last one has its answer first, the second one then. The first one is still being served.
        drop(exchanges.pop());
        tokio::time::advance(Duration::from_secs(1)).await;
        let answer = exchanges.pop().map(|exchange| exchange.answer(Body::from("read me")));
        let _fourth = connections.place(HERE).await;
        assert_eq!([0, 1, 2].map(|i: usize| running[i].is_finished()), [false, false, true]);
        let _fifth = connections.place(HERE).await;
        assert_eq!([0, 1, 2].map(|i: usize| running[i].is_finished()), [false, true, true]);
        drop(answer);
    }

    #[tokio::test(start_paused = true)]
    async fn one_leaves_for_each_who_comes() {
        let connections = Connections::new(3);
        let mut running = Vec::new();
        for _ in 0..3 {
            running.push(runs(connections.place(HERE).await));
        }
        // However often it is asked until the first of them has gone.
        for _ in 0..3 {
            connections.make_room(None);
        }
        let _fourth = connections.place(HERE).await;
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(running.iter().filter(|task| task.is_finished()).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_with_all_places_gives_one_to_each_other() {
        let connections = Connections::new(4);
        let (mut running, mut exchanges) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let place = connections.place(HERE).await;
            exchanges.push(place.connection().request(Body::empty()).1);
            running.push(runs(place));
        }
        let others = [2, 3].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let mut theirs = Vec::new();
        for other in others {
            let place = timeout(LOOK_FOR_PLACE * 4, connections.place(other)).await.expect("a place");
            exchanges.push(place.connection().request(Body::empty()).1);
            theirs.push(runs(place));
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(running.iter().filter(|task| task.is_finished()).count(), 2);
        // With two of four it has not more than its part, whoever comes.
        assert!(timeout(Duration::from_secs(1), connections.place(others[0])).await.is_err());
        assert!(theirs.iter().all(|task| !task.is_finished()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_asked_for_anything_goes_first() {
        let connections = Connections::new(2);
        let (used, silent) = (connections.place(HERE).await, connections.place(HERE).await);
        drop(used.connection().request(Body::empty()));
        let running = [used, silent].map(runs);
        tokio::time::advance(Duration::from_secs(1)).await;
        let _third = connections.place(HERE).await;
        assert_eq!(running.map(|task| task.is_finished()), [false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_ends_the_connection_and_a_stream_that_has_nothing_to_say_does_not() {
        let connections = Connections::new(10);
        let (idle, deaf, listening) = (
            connections.place(HERE).await,
            connections.place(HERE).await,
            connections.place(HERE).await,
        );
        let _answer = deaf.connection().request(Body::empty()).1.answer(Body::from("read me"));
        let silent = Body::from_stream(futures::stream::pending::<Result<Bytes, axum::Error>>());
        let mut stream = listening.connection().request(Body::empty()).1.answer(silent);
        assert!(timeout(Duration::from_millis(1), stream.frame()).await.is_err());
        let running = [idle, deaf, listening].map(runs);
        tokio::time::sleep(PATIENCE + LOOK * 2).await;
        assert_eq!(running.map(|task| task.is_finished()), [false, true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_come_is_the_client_s_to_finish() {
        let connections = Connections::new(1);
        let place = connections.place(HERE).await;
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, axum::Error>>());
        let (mut body, _exchange) = place.connection().request(never);
        assert!(place.connection().waits_since().is_none());
        assert!(timeout(Duration::from_millis(1), body.frame()).await.is_err());
        assert!(place.connection().waits_since().is_some());
    }
}
