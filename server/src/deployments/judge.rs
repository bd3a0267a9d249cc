//! What observations mean: pure functions of what was seen and what was known before.

use super::{
    backends::{Fault, Observed, Process, embedded::WELL_AFTER_SECONDS},
    deployment::entity::{DeploymentState, DesiredState, Health, Model, Problem},
    diff::{Action, is_done},
};
use crate::{clock::Time, deployments::deployment::phase, id::Id, shim::spec::Exit};
use chrono::TimeDelta;

/// So many failed probes in a row make an instance unhealthy. One that passes makes it healthy.
const UNHEALTHY_AFTER: i64 = 3;
/// For so long after its start an instance may not answer probes yet.
const MAY_START_FOR: TimeDelta = TimeDelta::seconds(30);
/// So many short runs in a row are a crash loop.
const CRASH_LOOP: usize = 3;

/// All that one visit found out.
#[derive(Default)]
pub(super) struct Report {
    /// What was seen last.
    pub seen: Option<Observed>,
    /// What was done about it.
    pub action: Action,
    /// Whether the probe passed, where there was one.
    pub probe: Option<bool>,
    /// What could not be done.
    pub fault: Option<Fault>,
    /// The last lines of the log, where something is wrong.
    pub log_tail: Vec<String>,
}

/// The row with what was found out about it. `visited` is the generation that the visit was about.
pub(super) fn note(row: &Model, visited: i64, report: &Report, now: Time) -> Model {
    let mut row = row.clone();
    row.lease_holder = None;
    row.lease_expires_at = None;
    if let Some(seen) = &report.seen {
        row.observed_at = Some(now);
        (row.health, row.probe_failures) = health(&row, seen, report.probe, now);
        if row.health == Health::Healthy {
            row.data_since = row.data_since.or(Some(now));
        }
        row.process_started_at = seen.started_at;
        row.restarts = seen.restarts.map_or(row.restarts, |n| i64::try_from(n).unwrap_or(i64::MAX));
        row.port = seen.port.map(i64::from).or(row.port.filter(|_| seen.files));
        row.version = seen.version.clone().unwrap_or(row.version);
        let well = row.desired_state != DesiredState::Running || row.health == Health::Healthy;
        // A wish that came during the visit has its own turn.
        if report.fault.is_none() && row.generation == visited && well && is_done(row.desired_state, row.restart_generation, seen) {
            row.observed_generation = visited;
        }
    }
    row.failures = if report.fault.is_some() { row.failures + 1 } else { 0 };
    row.error = problem(&row, report, now);
    row.state = phase(&row);
    row.reconcile_at = if row.generation == visited { now + pause(&row, now) } else { now };
    row
}

/// Whether two versions of a row look different to somebody who watches it at a time.
pub(super) fn differs(before: &Model, after: &Model, now: Time) -> bool {
    let quiet = Model {
        probe_failures: after.probe_failures,
        failures: after.failures,
        observed_at: after.observed_at,
        reconcile_at: after.reconcile_at,
        lease_holder: after.lease_holder.clone(),
        lease_epoch: after.lease_epoch,
        lease_expires_at: after.lease_expires_at,
        ..before.clone()
    };
    quiet != *after || before.seen(now) != after.seen(now)
}

/// Health with hysteresis, and how many probes failed in a row.
fn health(row: &Model, seen: &Observed, probe: Option<bool>, now: Time) -> (Health, i64) {
    let same_process = row.process_started_at.is_some() && row.process_started_at == seen.started_at;
    let (before, failures) = if same_process {
        (row.health, row.probe_failures)
    } else {
        (Health::Unknown, 0)
    };
    match probe {
        None => (Health::Unknown, 0),
        Some(true) => (Health::Healthy, 0),
        Some(false) => {
            let young = seen.started_at.is_some_and(|at| now - at < MAY_START_FOR);
            match before {
                Health::Unknown if young => (Health::Unknown, 0),
                _ if failures + 1 >= UNHEALTHY_AFTER => (Health::Unhealthy, failures + 1),
                _ => (before, failures + 1),
            }
        }
    }
}

/// How often in a row it ended by itself soon after its start. None where the run now is a long one.
fn short_runs(seen: &Observed, now: Time) -> usize {
    let well_after = TimeDelta::seconds(WELL_AFTER_SECONDS.cast_signed());
    if seen.process == Process::Running && seen.started_at.is_some_and(|at| now - at >= well_after) {
        return 0;
    }
    let short = |exit: &&Exit| !exit.asked && exit.at - exit.started_at < well_after;
    seen.exits.iter().rev().take_while(short).count()
}

/// What is wrong with it.
fn problem(row: &Model, report: &Report, now: Time) -> Option<Problem> {
    let last = report.seen.as_ref().and_then(|seen| seen.exits.last());
    let found = |reason: &str, message: String, hint: &str| Problem {
        reason: reason.into(),
        message,
        hint: hint.into(),
        last_exit: last.map(describe).unwrap_or_default(),
        log_tail: report.log_tail.clone(),
    };
    match (&report.fault, &report.seen) {
        (Some(Fault::Deployment { reason, message, hint, .. }), _) => Some(found(reason, message.clone(), hint)),
        // Nothing is known about the deployment: what was known before stays.
        (Some(Fault::Server(_)), _) | (None, None) => row.error.clone(),
        (None, Some(_)) if row.desired_state != DesiredState::Running || row.health == Health::Healthy => None,
        (None, Some(seen)) if short_runs(seen, now) >= CRASH_LOOP => Some(found(
            "CRASH_LOOP",
            format!("The instance ended {} times in a row soon after its start.", short_runs(seen, now)),
            last.map_or("", hint),
        )),
        (None, Some(_)) if row.health == Health::Unhealthy => Some(found(
            "PROBE_FAILED",
            "The instance runs, but it does not say that it is well.".into(),
            "Its log may tell why. A restart often helps.",
        )),
        (None, Some(_)) => None,
    }
}

/// Whether it shall run and its data is not there any more, so that it would begin with none.
pub(super) fn has_lost_data(row: &Model, seen: &Observed) -> bool {
    row.desired_state == DesiredState::Running && row.data_since.is_some() && !seen.data
}

/// Whether the end of the log is needed to say what is wrong.
pub(super) fn wants_log(row: &Model, seen: &Observed, now: Time) -> bool {
    row.desired_state == DesiredState::Running && (short_runs(seen, now) >= CRASH_LOOP || row.health == Health::Unhealthy)
}

fn describe(exit: &Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "not started".into(),
    }
}

/// What to do about an end of the process.
fn hint(exit: &Exit) -> &'static str {
    match (exit.code, exit.signal) {
        (Some(2), _) => "One of its settings is wrong: the last lines of its log name it. It is tried again by itself.",
        (Some(126 | 127), _) | (None, None) => {
            "Its program cannot be run on this machine: the last lines of its log say why. It is tried again by itself."
        }
        (_, Some(6)) => "It may need more memory than its plan gives: put the tenant on a larger plan. It is tried again by itself.",
        (_, Some(9)) => "Something outside killed it, for example because the machine has no memory left. It is tried again by itself.",
        _ => "The last lines of its log say why. It is tried again by itself, at least once a minute.",
    }
}

/// When to look again: soon where something is on its way, now and then where all is well.
fn pause(row: &Model, now: Time) -> TimeDelta {
    let millis = if row.failures > 0 {
        let doublings = u32::try_from(row.failures - 1).unwrap_or(u32::MAX).min(6);
        return TimeDelta::milliseconds(1000 << doublings).min(TimeDelta::seconds(60));
    } else {
        match row.state {
            DeploymentState::Pending | DeploymentState::Stopping | DeploymentState::Purging => 300,
            DeploymentState::Starting => {
                let young = row.process_started_at.is_none_or(|at| now - at < TimeDelta::seconds(5));
                if young { 200 } else { 1000 }
            }
            DeploymentState::Running if row.probe_failures > 0 => 1000,
            DeploymentState::Running => 5000,
            DeploymentState::Unhealthy | DeploymentState::Failed | DeploymentState::Unknown => 2000,
            DeploymentState::Stopped | DeploymentState::Suspended | DeploymentState::Deleted => 15 * 60 * 1000,
            // Never again.
            DeploymentState::Purged => return TimeDelta::days(100 * 365),
        }
    };
    // A fifth earlier or later, so that those that were started together are not looked at together for ever.
    let id = i64::try_from(row.id.uuid().as_u128() % 401).unwrap_or_default();
    let jitter = (row.lease_epoch.wrapping_mul(7919).wrapping_add(id)).rem_euclid(401) - 200;
    TimeDelta::milliseconds(millis + millis * jitter / 1000)
}

#[cfg(test)]
mod tests;
