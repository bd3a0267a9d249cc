//! Two clocks. The business clock dates bills, trials and reminders and can be set ahead or back; the operational clock times leases, tokens and deadlines,
//! and nobody moves it.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A moment, to the microsecond, which is what both databases keep.
pub type Time = DateTime<Utc>;

/// Both clocks of a server.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// By how many microseconds the clock of the database differs from this machine's: several servers share one time, by which they hold leases.
    offset: Arc<AtomicI64>,
    /// By how many microseconds the business clock differs from the operational one.
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// The operational time.
    pub fn now(&self) -> Time {
        (Utc::now() + TimeDelta::microseconds(self.offset.load(Ordering::Relaxed))).trunc_subsecs(6)
    }

    /// Tells the time of the database from here on, which was asked for it between two moments of this machine.
    pub fn follow_database(&self, database: Time, between: (Time, Time)) {
        let here = between.0 + (between.1 - between.0) / 2;
        let offset = (database - here).num_microseconds().unwrap_or(0);
        self.offset.store(offset, Ordering::Relaxed);
    }

    /// The business time.
    pub fn business(&self) -> Time {
        self.now() + TimeDelta::microseconds(self.shift.load(Ordering::Relaxed))
    }

    /// Sets the business clock to a moment; it runs on from there.
    pub fn set_business(&self, to: Time) {
        let shift = (to - self.now()).num_microseconds().unwrap_or(0);
        self.shift.store(shift, Ordering::Relaxed);
    }

    /// Lets the business clock tell the operational time again.
    pub fn follow(&self) {
        self.shift.store(0, Ordering::Relaxed);
    }
}
