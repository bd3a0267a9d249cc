//! A database that fails now and then, for tests that prove that nothing is lost, done twice or left half done. In a program without the feature `failpoints` it
//! never does, and there is nothing here to ask.

use sea_orm::DbErr;

/// How often, in calls of a million. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Faults {
    #[cfg(feature = "failpoints")]
    dice: std::sync::Arc<dice::Dice>,
}

/// The four ways in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not done, and says so.
    Undone,
    /// It is done, and says that it failed.
    Done,
    /// It takes long.
    Slow,
    /// The connection is lost, and with it the transaction.
    Lost,
}

/// What a connection says that was lost.
pub(super) fn lost() -> DbErr {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    DbErr::Query(sea_orm::RuntimeErr::SqlxError(std::sync::Arc::new(sqlx::Error::Io(cause))))
}

#[cfg(not(feature = "failpoints"))]
impl Faults {
    /// Never.
    pub(super) fn next(&self) -> Option<Fault> {
        None
    }
}

#[cfg(feature = "failpoints")]
mod dice {
    use super::{Fault, Faults};
    use std::sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    };

    /// How often it was asked, how often it shall fail, how often it has, by the kind of the fault, and the one call that shall fail after so many.
    #[derive(Default)]
    pub(super) struct Dice {
        asked: AtomicU64,
        in_a_million: AtomicU32,
        fell: [AtomicU64; 4],
        aimed: Mutex<Option<(Fault, u64)>>,
    }

    impl Fault {
        /// All of them.
        pub const ALL: [Self; 4] = [Self::Undone, Self::Done, Self::Slow, Self::Lost];
    }

    impl Faults {
        /// Of the calls from now on one fails, after so many that do not.
        pub fn aim(&self, fault: Fault, after: u64) {
            *self.aimed() = Some((fault, after));
        }

        /// Calls that off; answers whether it has come already.
        pub fn came(&self) -> bool {
            self.aimed().take().is_none()
        }

        fn aimed(&self) -> MutexGuard<'_, Option<(Fault, u64)>> {
            self.dice.aimed.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// From now on, so many calls of a million fail.
        pub fn set(&self, in_a_million: u32) {
            self.dice.in_a_million.store(in_a_million, Relaxed);
        }

        /// How many calls have failed, by the way in which they did.
        pub fn fell(&self) -> Vec<(String, u64)> {
            Fault::ALL
                .iter()
                .zip(&self.dice.fell)
                .map(|(fault, count)| (format!("{fault:?}").to_lowercase(), count.load(Relaxed)))
                .collect()
        }

        pub(in super::super) fn next(&self) -> Option<Fault> {
            let mut aimed = self.aimed();
            match aimed.as_mut() {
                Some((_, after)) if *after > 0 => *after -= 1,
                Some(_) => return aimed.take().map(|(fault, _)| fault),
                None => {}
            }
            drop(aimed);
            let in_a_million = u64::from(self.dice.in_a_million.load(Relaxed));
            if in_a_million == 0 {
                return None;
            }
            // A number that looks like chance for each turn (the finish of splitmix64).
            let mut number = self.dice.asked.fetch_add(1, Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            number ^= number >> 31;
            if number % 1_000_000 >= in_a_million {
                return None;
            }
            let way = (number >> 32) as usize % Fault::ALL.len();
            self.dice.fell[way].fetch_add(1, Relaxed);
            Some(Fault::ALL[way])
        }
    }
}
