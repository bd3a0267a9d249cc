//! What observations mean.

use super::{super::deployment::example, *};
use crate::shim::spec::Exit;

fn at(seconds: i64) -> Time {
    Time::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn running(started: i64) -> Observed {
    Observed {
        process: Process::Running,
        generation: 1,
        version: Some("1.0.0".into()),
        started_at: Some(at(started)),
        port: Some(20_000),
        port_is_taken: false,
        restarts: Some(0),
        exits: Vec::new(),
        files: true,
        data: true,
    }
}

fn waiting(exits: Vec<Exit>) -> Observed {
    Observed {
        process: Process::Waiting,
        started_at: None,
        restarts: Some(exits.len() as u64),
        exits,
        ..running(0)
    }
}

fn exit(code: i32, from: i64, to: i64) -> Exit {
    Exit {
        code: Some(code),
        signal: None,
        started_at: at(from),
        at: at(to),
        asked: false,
    }
}

fn report(seen: Observed, probe: Option<bool>) -> Report {
    Report {
        seen: Some(seen),
        probe,
        ..Report::default()
    }
}

/// The row after visits at these seconds, with what the probe said.
fn probed(started: i64, visits: &[(i64, bool)]) -> Model {
    visits.iter().fold(example::row(), |row, (second, passed)| {
        note(&row, 1, &report(running(started), Some(*passed)), at(*second))
    })
}

#[test]
fn one_probe_makes_it_healthy_and_three_make_it_unhealthy() {
    let row = probed(100, &[(101, false), (102, false), (103, false), (104, false)]);
    assert_eq!((row.state, row.health), (DeploymentState::Starting, Health::Unknown));

    let row = probed(100, &[(101, false), (102, true)]);
    assert_eq!(
        (row.state, row.observed_generation, row.version.as_str()),
        (DeploymentState::Running, 1, "1.0.0")
    );

    let row = probed(100, &[(101, true), (106, false), (107, false)]);
    assert_eq!((row.state, row.probe_failures), (DeploymentState::Running, 2));
    let row = probed(100, &[(101, true), (106, false), (107, false), (108, false)]);
    assert_eq!(row.state, DeploymentState::Unhealthy);
    assert_eq!(row.error.map(|e| e.reason), Some("PROBE_FAILED".into()));
    let row = probed(100, &[(101, true), (106, false), (107, false), (108, false), (110, true)]);
    assert_eq!((row.state, row.error), (DeploymentState::Running, None));
}

#[test]
fn one_that_never_says_that_it_is_well_has_half_a_minute() {
    let row = probed(100, &[(129, false), (131, false), (132, false)]);
    assert_eq!(row.state, DeploymentState::Starting);
    let row = probed(100, &[(129, false), (131, false), (132, false), (133, false)]);
    assert_eq!(row.state, DeploymentState::Unhealthy);
}

#[test]
fn health_is_of_a_process_and_not_of_the_one_before() {
    let healthy = probed(100, &[(101, true)]);
    let row = note(&healthy, 1, &report(running(110), Some(false)), at(111));
    assert_eq!((row.state, row.health), (DeploymentState::Starting, Health::Unknown));
}

#[test]
fn short_runs_in_a_row_are_a_crash_loop_that_goes_on_trying() {
    let exits = vec![exit(7, 0, 1), exit(7, 2, 3), exit(7, 5, 6)];
    let two = note(&example::row(), 1, &report(waiting(exits[..2].to_vec()), None), at(4));
    assert_eq!((two.state, two.error), (DeploymentState::Starting, None));

    let mut found = report(waiting(exits.clone()), None);
    found.log_tail = vec!["the disk is full".into()];
    let three = note(&example::row(), 1, &found, at(7));
    assert_eq!((three.state, three.restarts), (DeploymentState::Failed, 3));
    assert!(three.reconcile_at < at(10));
    let error = three.error.clone().unwrap();
    assert_eq!((error.reason.as_str(), error.last_exit.as_str()), ("CRASH_LOOP", "exit 7"));
    assert_eq!(error.log_tail, ["the disk is full"]);

    // It runs again, which proves nothing before it says so.
    let again = Observed {
        exits: exits.clone(),
        ..running(8)
    };
    let unproven = note(&three, 1, &report(again.clone(), Some(false)), at(9));
    assert_eq!(unproven.state, DeploymentState::Failed);
    let well = note(&unproven, 1, &report(again, Some(true)), at(10));
    assert_eq!((well.state, well.error), (DeploymentState::Running, None));
}

#[test]
fn a_run_that_was_asked_to_end_or_was_long_is_no_crash() {
    let mut exits = vec![exit(7, 0, 1), exit(7, 2, 3), exit(7, 5, 6)];
    exits[1].asked = true;
    assert_eq!(short_runs(&waiting(exits), at(7)), 1);
    let exits = vec![exit(7, 0, 1), exit(7, 2, 3), exit(7, 5, 6), exit(7, 8, 68)];
    assert_eq!(short_runs(&waiting(exits), at(69)), 0);
}

#[test]
fn a_fault_is_told_tried_again_later_and_forgotten() {
    let fault = || Report {
        seen: Some(Observed {
            process: Process::Absent,
            started_at: None,
            files: true,
            ..running(0)
        }),
        fault: Some(Fault::Deployment {
            reason: "NO_PORT",
            message: "No port.".into(),
            hint: "Purge.",
            cause: None,
        }),
        ..Report::default()
    };
    let mut row = example::row();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        row = note(&row, 1, &fault(), at(0));
        pauses.push((row.reconcile_at - at(0)).num_seconds());
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!((row.state, row.failures), (DeploymentState::Failed, 8));
    assert_eq!(row.error.as_ref().map(|e| e.reason.as_str()), Some("NO_PORT"));
    let row = note(&row, 1, &report(running(0), Some(true)), at(1));
    assert_eq!((row.state, row.failures, row.error), (DeploymentState::Running, 0, None));
}

#[test]
fn a_wish_that_came_during_a_visit_has_its_turn_at_once() {
    let stopped_meanwhile = Model {
        generation: 2,
        desired_state: DesiredState::Stopped,
        ..example::row()
    };
    let row = note(&stopped_meanwhile, 1, &report(running(0), Some(true)), at(1));
    assert_eq!((row.reconcile_at, row.observed_generation), (at(1), 0));
    assert_eq!(row.state, DeploymentState::Stopping);
    assert_eq!((row.lease_holder, row.lease_expires_at), (None, None));
}

#[test]
fn data_is_missed_from_when_it_was_first_well() {
    let empty = Observed {
        data: false,
        ..running(100)
    };
    let young = probed(100, &[(101, false)]);
    assert!(!has_lost_data(&young, &empty));
    let well = probed(100, &[(101, false), (102, true), (107, true), (112, false)]);
    assert_eq!(well.data_since, Some(at(102)));
    assert!(has_lost_data(&well, &empty) && !has_lost_data(&well, &running(100)));
    // What shall not run needs none.
    let stopped = Model {
        desired_state: DesiredState::Stopped,
        ..well
    };
    assert!(!has_lost_data(&stopped, &empty));
}

#[test]
fn what_is_gone_is_never_looked_at_again() {
    let absent = Model {
        desired_state: DesiredState::Absent,
        port: Some(20_000),
        ..example::row()
    };
    let gone = Observed {
        process: Process::Absent,
        started_at: None,
        port: None,
        restarts: None,
        files: false,
        ..running(0)
    };
    let left = note(
        &absent,
        1,
        &report(
            Observed {
                files: true,
                ..gone.clone()
            },
            None,
        ),
        at(0),
    );
    assert_eq!(left.state, DeploymentState::Purging);
    let row = note(&absent, 1, &report(gone, None), at(0));
    assert_eq!((row.state, row.port), (DeploymentState::Purged, None));
    assert!(row.reconcile_at > at(0) + TimeDelta::days(10_000));
}

#[test]
fn a_quiet_visit_is_no_news() {
    let row = probed(100, &[(101, true)]);
    let later = note(&row, 1, &report(running(100), Some(true)), at(106));
    assert!(!differs(&row, &later, at(106)));
    assert!((at(110)..at(113)).contains(&later.reconcile_at), "{}", later.reconcile_at);
    // Nobody had looked for so long that it counted as unknown.
    let late = note(&row, 1, &report(running(100), Some(true)), at(170));
    assert!(differs(&row, &late, at(170)));
    let unwell = note(&row, 1, &report(running(100), None), at(106));
    assert!(differs(&row, &unwell, at(106)));
}
