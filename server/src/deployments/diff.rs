//! What to do about a deployment: a pure function of what it shall be and what was seen of it.

use super::{
    backends::{Observed, Process},
    deployment::entity::DesiredState,
};

/// One thing to do. Afterwards it is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// It is as it shall be, or on its way there.
    Nothing,
    /// Make it ready and start it.
    Start,
    /// Make it ready anew and start it again.
    Restart,
    /// End it; its data is kept.
    Stop,
    /// Remove all of it.
    Release,
}

/// The next thing to do. `least` is the generation that a running process must at least be of.
pub(super) fn diff(desired: DesiredState, least: i64, seen: &Observed) -> Action {
    let outdated = seen.generation < least;
    match (desired, seen.process) {
        (DesiredState::Running, Process::Absent | Process::Leftover) => Action::Start,
        (DesiredState::Running, Process::Running) if outdated => Action::Restart,
        // Started again with a new environment, or where nobody else listens.
        (DesiredState::Running, Process::Waiting) if outdated || seen.port_is_taken => Action::Restart,
        (DesiredState::Running, Process::Running | Process::Waiting | Process::Ending) => Action::Nothing,
        (DesiredState::Stopped | DesiredState::Suspended, Process::Absent) => Action::Nothing,
        (DesiredState::Stopped | DesiredState::Suspended, _) => Action::Stop,
        (DesiredState::Absent, _) => Action::Release,
    }
}

/// Whether it is what it shall be. What runs must also be well, which is for the probe to say.
pub(super) fn is_done(desired: DesiredState, least: i64, seen: &Observed) -> bool {
    match desired {
        DesiredState::Running => seen.process == Process::Running && seen.generation >= least,
        DesiredState::Stopped | DesiredState::Suspended => seen.process == Process::Absent,
        DesiredState::Absent => seen.process == Process::Absent && !seen.files,
    }
}
