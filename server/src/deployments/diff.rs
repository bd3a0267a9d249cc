//! What to do about a deployment: a pure function of what it shall be and what was seen of it.

use super::{
    backends::{Observed, Process},
    deployment::entity::DesiredState,
};

/// One thing to do. Afterwards it is looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Action {
    /// It is as it shall be, or on its way there.
    #[default]
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

impl Action {
    /// Its word in the names of fail points.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Release => "release",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DESIRED: [DesiredState; 4] = [
        DesiredState::Running,
        DesiredState::Stopped,
        DesiredState::Suspended,
        DesiredState::Absent,
    ];
    const PROCESSES: [Process; 5] = [
        Process::Absent,
        Process::Running,
        Process::Waiting,
        Process::Ending,
        Process::Leftover,
    ];

    fn seen(process: Process, generation: i64, port_is_taken: bool) -> Observed {
        Observed {
            process,
            generation,
            version: None,
            started_at: None,
            port: Some(20_000),
            port_is_taken,
            restarts: Some(0),
            exits: Vec::new(),
            files: true,
            data: true,
        }
    }

    #[test]
    fn what_is_done_about_everything_that_can_be_seen() {
        let rows = DESIRED.map(|desired| PROCESSES.map(|process| diff(desired, 2, &seen(process, 2, false))));
        use Action::{Nothing, Release, Start, Stop};
        assert_eq!(
            rows,
            [
                // Absent, running, waiting, ending, leftover.
                [Start, Nothing, Nothing, Nothing, Start],
                [Nothing, Stop, Stop, Stop, Stop],
                [Nothing, Stop, Stop, Stop, Stop],
                [Release, Release, Release, Release, Release],
            ]
        );
    }

    #[test]
    fn what_is_outdated_or_has_lost_its_port_starts_again() {
        let action = |process, generation, taken| diff(DesiredState::Running, 2, &seen(process, generation, taken));
        assert_eq!(action(Process::Running, 1, false), Action::Restart);
        assert_eq!(action(Process::Waiting, 1, false), Action::Restart);
        assert_eq!(action(Process::Waiting, 2, true), Action::Restart);
        // Whoever runs has its port.
        assert_eq!(action(Process::Running, 2, true), Action::Nothing);
        assert_eq!(action(Process::Running, 3, false), Action::Nothing);
    }

    /// The world after an action, or a while later where nothing is done.
    fn after(action: Action, mut seen: Observed) -> Observed {
        seen.port_is_taken = false;
        match action {
            Action::Start | Action::Restart => (seen.process, seen.generation, seen.files) = (Process::Running, 9, true),
            Action::Stop => seen.process = Process::Absent,
            Action::Release => (seen.process, seen.files) = (Process::Absent, false),
            Action::Nothing => {
                seen.process = match seen.process {
                    Process::Waiting => Process::Running,
                    Process::Ending => Process::Absent,
                    process => process,
                }
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn it_becomes_what_it_shall_be(
            desired in prop::sample::select(DESIRED.to_vec()),
            process in prop::sample::select(PROCESSES.to_vec()),
            generation in 0_i64..9,
            least in 0_i64..9,
            taken in any::<bool>(),
        ) {
            let mut world = seen(process, generation, taken);
            for _ in 0..3 {
                let action = diff(desired, least, &world);
                // Nothing is ever started beside something that runs.
                if action == Action::Start {
                    prop_assert!(matches!(world.process, Process::Absent | Process::Leftover));
                }
                world = after(action, world);
            }
            prop_assert!(is_done(desired, least, &world));
            if desired != DesiredState::Absent {
                prop_assert_eq!(diff(desired, least, &world), Action::Nothing);
            }
        }
    }
}
