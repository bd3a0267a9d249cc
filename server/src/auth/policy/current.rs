//! The policy that is in force.

use super::Policy;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;
use tokio::sync::watch;

/// The policy that is in force, which a new one replaces while calls go on.
pub struct CurrentPolicy {
    policy: ArcSwap<Policy>,
    changes: watch::Sender<()>,
}

impl CurrentPolicy {
    /// Begins with one.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy: ArcSwap::from_pointee(policy),
            changes: watch::Sender::default(),
        }
    }

    /// As it is now.
    pub fn now(&self) -> Guard<Arc<Policy>> {
        self.policy.load()
    }

    /// Puts a newer one into force; an older one changes nothing.
    pub fn replace(&self, policy: Policy) {
        let new = Arc::new(policy);
        let newer = |now: &Arc<Policy>| if now.version() < new.version() { new.clone() } else { now.clone() };
        self.policy.rcu(newer);
        self.changes.send_replace(());
    }

    /// Tells streams to ask again whether they may go on.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }
}
