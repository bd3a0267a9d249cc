//! One visit to a deployment: look, do one thing, look again, write down what was found.

use super::{
    backends::{Backend, Fault, Observed, Process, Workload},
    deployment::entity::{Column, DesiredState, Entity, Model},
    diff::{Action, diff},
    environment,
    judge::{Report, differs, has_lost_data, note, wants_log},
};
use crate::{cx::Cx, error::Result, fail, store::Platform};
use sea_orm::ColumnTrait;
use std::time::Duration;

/// The longest that looking and doing may take; less than the lease lasts.
const PATIENCE: Duration = Duration::from_secs(45);
/// How many of the last lines of its log are kept with what is wrong.
const LOG_TAIL: usize = 20;
/// How much of each.
const LOG_LINE: usize = 400;

/// Visits a deployment that was claimed. Whoever lost the lease meanwhile writes nothing. Answers whether anything of it runs.
pub(super) async fn visit(cx: &Cx<Platform>, backend: &dyn Backend, row: &Model) -> bool {
    let mut report = Report::default();
    let outcome = tokio::time::timeout(PATIENCE, work(cx, backend, row, &mut report)).await;
    report.fault = match outcome {
        Ok(outcome) => outcome.err(),
        Err(_) => Some(Fault::Deployment {
            reason: "TIMED_OUT",
            message: format!("Looking after the instance took more than {} seconds.", PATIENCE.as_secs()),
            hint: "It is tried again by itself. If that does not help, the machine may be overloaded.",
            cause: None,
        }),
    };
    match &report.fault {
        Some(Fault::Deployment { reason, cause, .. }) => {
            let cause = cause.as_ref().map(|cause| format!("{cause:#}"));
            tracing::warn!(deployment = %row.id, slug = row.slug, reason, cause, "a deployment cannot be made what it shall be; it is tried again");
        }
        Some(Fault::Server(error)) => {
            tracing::error!(deployment = %row.id, ?error, "a deployment cannot be looked after; it is tried again")
        }
        None => {}
    }
    let written = write_down(cx, row, &report).await;
    fail::point(&format!("deployment.{}.committed", report.action.word()));
    if let Err(error) = written {
        tracing::error!(deployment = %row.id, %error, "a visit could not be written down; it is repeated when its lease has ended");
    }
    report.seen.is_none_or(|seen| seen.process != Process::Absent)
}

/// Looks, does one thing if there is one to do, and looks again.
async fn work(cx: &Cx<Platform>, backend: &dyn Backend, row: &Model, report: &mut Report) -> Result<(), Fault> {
    let seen = report.seen.insert(backend.observe(row.id).await?);
    if has_lost_data(row, seen) {
        return Err(data_missing());
    }
    let action = diff(row.desired_state, row.restart_generation, seen);
    if action != Action::Nothing {
        tracing::info!(deployment = %row.id, slug = row.slug, ?action, generation = row.generation, "looking after a deployment");
        report.action = action;
        fail::point(&format!("deployment.{}.before", action.word()));
        act(cx, backend, row, action).await?;
        fail::point(&format!("deployment.{}.after", action.word()));
        report.seen = Some(backend.observe(row.id).await?);
    }
    if let Some(seen) = &report.seen {
        report.probe = probe(backend, row, seen).await;
        if wants_log(row, seen, cx.now()) {
            let lines = backend.logs(row.id, None, LOG_TAIL).await?;
            report.log_tail = lines.into_iter().map(|line| line.text.chars().take(LOG_LINE).collect()).collect();
        }
    }
    Ok(())
}

/// Nothing is started, since it would begin without data, and nothing that runs is ended, since it may hold the last of it.
fn data_missing() -> Fault {
    Fault::Deployment {
        reason: "DATA_MISSING",
        message: "The data of the instance is not on its machine any more.".into(),
        hint: "Put its folder back from a backup: it then starts by itself. Where there is none, purge the deployment and make a new one.",
        cause: None,
    }
}

async fn act(cx: &Cx<Platform>, backend: &dyn Backend, row: &Model, action: Action) -> Result<(), Fault> {
    match action {
        Action::Nothing => Ok(()),
        Action::Start => {
            backend.ensure(&workload(cx, row).await?).await?;
            backend.start(row.id).await
        }
        Action::Restart => {
            backend.ensure(&workload(cx, row).await?).await?;
            backend.restart(row.id).await
        }
        Action::Stop => backend.stop(row.id).await,
        Action::Release => backend.release(row.id).await,
    }
}

async fn workload(cx: &Cx<Platform>, row: &Model) -> Result<Workload> {
    let environment = environment::of(cx, row).await?;
    // What follows takes long.
    cx.db.release().await;
    Ok(Workload {
        id: row.id,
        tenant_id: row.tenant_id,
        generation: row.generation,
        version: environment::VERSION,
        environment,
        memory_limit_bytes: row.memory_limit_bytes.unsigned_abs(),
    })
}

async fn probe(backend: &dyn Backend, row: &Model, seen: &Observed) -> Option<bool> {
    match (row.desired_state, seen.process, seen.port) {
        (DesiredState::Running, Process::Running, Some(port)) => Some(backend.probe(port).await),
        _ => None,
    }
}

/// Writes down what was found, if this visit still has the lease. Watchers hear of it only where they can see a difference.
async fn write_down(cx: &Cx<Platform>, visited: &Model, report: &Report) -> Result<()> {
    cx.db
        .bookkeep(async |tx| {
            let now = tx.db().clock().now();
            let before = tx.lock::<Entity>(visited.id).await?;
            let after = note(&before, visited.generation, report, now);
            let guard = Column::LeaseEpoch.eq(visited.lease_epoch);
            let edit = |row: &mut Model| *row = after.clone();
            let written = if differs(&before, &after, now) {
                tx.record(&before, guard, edit).await?
            } else {
                tx.record_quietly(&before, guard, edit).await?
            };
            if written.is_none() {
                tracing::warn!(deployment = %visited.id, "a visit took too long and lost its lease");
            } else if before.state != after.state {
                tracing::info!(deployment = %visited.id, slug = visited.slug, from = %before.state, to = %after.state, "a deployment has changed");
            }
            Ok(())
        })
        .await
}
