//! The worker: takes operations that are due and does their steps.
//!
//! One step is one transaction: its effect and its mark are committed together, so a step that was killed in the middle never happened and is simply done again.
//! Waiting (for an instance to become healthy or to be gone) is between transactions. A worker owns an operation by a lease with an epoch; every commit checks
//! the epoch, so a worker that was thought dead cannot write any more. When a step of an onboarding fails for good, or its deadline passes, all that was done is
//! taken back, however long that takes.

use super::{
    AT_WORK, Operation,
    entity::{Column, Entity, Model, OperationKind, OperationState},
    step::{self, OperationStepState},
};
use crate::{
    cx::Cx,
    deployments::deployment,
    error::{Error, Result},
    fail,
    store::{Change, Platform, Tx},
    tenancy::{onboarding, purge},
    work,
};
use chrono::TimeDelta;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::timeout;

/// How long a worker owns an operation without writing.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How many operations are taken at once.
const BATCH: u64 = 16;
/// How often a step that waits is looked at, if nothing rings before.
const LOOK: Duration = Duration::from_millis(250);
/// How long taking back may last before a person is told why it does.
const UNDO_WITHIN: TimeDelta = TimeDelta::minutes(5);
/// How often what is late is looked at: it waits for something that may be away for long, such as the machine of an instance.
const LATE_LOOK: TimeDelta = TimeDelta::seconds(60);

/// Why an operation failed, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The step.
    pub step: String,
    /// A constant for programs.
    pub reason: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// How a step went.
pub enum Outcome {
    /// It is done.
    Done,
    /// It waits for something, in words.
    Wait(String),
    /// It cannot be done.
    Failed(Failure),
}

/// The steps of a kind, in order.
pub fn plan(kind: OperationKind) -> &'static [&'static str] {
    match kind {
        OperationKind::Onboard => &onboarding::STEPS,
        OperationKind::Purge => &purge::STEPS,
    }
}

/// Gives back what this machine's server of before had taken: it is gone, or this one could not have started.
pub async fn release(cx: &Cx<Platform>) -> Result<()> {
    let mine = Condition::all()
        .add(Column::LeaseHolder.eq(cx.app.node.as_str()))
        .add(Column::State.is_in(AT_WORK));
    cx.db
        .bookkeep(async |tx| {
            tx.set::<Entity>(mine.clone(), [(Column::LeaseExpiresAt, Expr::value(cx.now()))])
                .await
        })
        .await?;
    Ok(())
}

/// Takes what is due and works on each by itself. Part of the background work.
pub async fn tick(cx: &Cx<Platform>) -> Result<bool> {
    let now = cx.now();
    let free = Condition::any()
        .add(Column::LeaseExpiresAt.is_null())
        .add(Column::LeaseExpiresAt.lte(now));
    let due = Condition::all()
        .add(Column::State.is_in(AT_WORK))
        .add(Column::RunAt.lte(now))
        .add(free);
    if cx.find::<Entity>().filter(due.clone()).limit(1).first().await?.is_none() {
        return Ok(false);
    }
    let columns = [
        (Column::LeaseHolder, Expr::value(cx.app.node.as_str())),
        (Column::LeaseEpoch, Expr::col(Column::LeaseEpoch).add(1)),
        (Column::LeaseExpiresAt, Expr::value(now + LEASE)),
    ];
    let taken = cx
        .db
        .bookkeep(async |tx| tx.claim::<Entity>(due.clone(), Column::RunAt, BATCH, columns.clone()).await)
        .await?;
    let more = taken.len() as u64 == BATCH;
    for operation in taken {
        let cx = work::cx(&cx.app);
        tokio::spawn(async move {
            let id = operation.id;
            if let Err(error) = carry_out(&cx, operation).await {
                tracing::warn!(operation = %id, %error, "work on the operation stopped; it goes on when its lease has ended");
            }
        });
    }
    Ok(more)
}

/// When an operation is gone on with.
enum Pace {
    /// At once.
    Now,
    /// When something has changed.
    Wait,
    /// Not by this worker: it is over, or was put off.
    Over,
}

/// Does the steps until the operation is over or the lease is lost.
async fn carry_out(cx: &Cx<Platform>, operation: Model) -> Result<()> {
    let (id, epoch) = (operation.id, operation.lease_epoch);
    let mut bell = cx.app.store.bell();
    loop {
        let cx = cx.fresh();
        let Operation { row, steps, .. } = super::get(&cx, id).await?;
        if row.lease_epoch != epoch || !AT_WORK.contains(&row.state) {
            return Ok(());
        }
        let pace = if row.state == OperationState::Compensating {
            take_back(&cx, &row, &steps).await?
        } else {
            match steps.iter().find(|s| s.state != OperationStepState::Succeeded) {
                Some(step) => attempt(&cx, &row, step, steps.last().map(|s| s.id) == Some(step.id)).await?,
                None => Pace::Over,
            }
        };
        match pace {
            Pace::Now => {}
            Pace::Wait => {
                cx.db.release().await;
                drop(timeout(LOOK, bell.changed()).await);
            }
            Pace::Over => return Ok(()),
        }
    }
}

/// Does one step.
async fn attempt(cx: &Cx<Platform>, row: &Model, step: &step::Model, last: bool) -> Result<Pace> {
    let now = cx.now();
    if step.state == OperationStepState::Pending {
        mark(cx, row, step, OperationStepState::Running, String::new()).await?;
    }
    // There is no way back from a purge: it goes on when what it waits for is there again.
    let late = row.deadline_at <= now;
    if late && row.kind == OperationKind::Onboard {
        let message = if step.message.is_empty() {
            "The step did not end in time.".to_owned()
        } else {
            format!("Timed out. {}", step.message)
        };
        let own = onboarding::hint(cx, row).await?;
        let failure = Failure {
            step: step.name.clone(),
            reason: "DEADLINE_EXCEEDED".into(),
            message,
            hint: own.unwrap_or_else(|| "Look at the instance's log, put right what keeps it from working, and try again.".to_owned()),
        };
        return give_up(cx, row, step, failure).await;
    }
    fail::point(&format!("{}.{}.before", row.kind, step.name));
    match effect(cx, row, step, last).await {
        Ok(Outcome::Done) => {
            fail::point(&format!("{}.{}.committed", row.kind, step.name));
            Ok(Pace::Now)
        }
        Ok(Outcome::Wait(message)) => {
            if message != step.message || row.lease_expires_at.is_none_or(|end| end - now < LEASE / 2) {
                mark(cx, row, step, OperationStepState::Running, message).await?;
            }
            if late {
                return put_off(cx, row).await;
            }
            Ok(Pace::Wait)
        }
        Ok(Outcome::Failed(failure)) => give_up(cx, row, step, failure).await,
        // What the caller did wrong is for good; what the machine did wrong is tried again until the deadline.
        Err(Error::Internal(cause)) => wait_after(cx, row, step, Error::Internal(cause)).await,
        Err(Error::Unavailable(cause)) => wait_after(cx, row, step, Error::Unavailable(cause)).await,
        Err(Error::Stale) => Err(Error::Stale),
        Err(error) => {
            let hint = "Put this right and try again.".to_owned();
            let failure = Failure {
                step: step.name.clone(),
                reason: error.reason().into(),
                message: error.to_string(),
                hint,
            };
            give_up(cx, row, step, failure).await
        }
    }
}

async fn wait_after(cx: &Cx<Platform>, row: &Model, step: &step::Model, error: Error) -> Result<Pace> {
    tracing::warn!(operation = %row.id, step = step.name, ?error, "a step failed and is tried again");
    mark(cx, row, step, OperationStepState::Running, format!("{error} It is tried again.")).await?;
    if row.deadline_at <= cx.now() && row.kind == OperationKind::Purge {
        return put_off(cx, row).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(Pace::Wait)
}

/// The effect of a step and its mark, in one transaction.
async fn effect(cx: &Cx<Platform>, row: &Model, step: &step::Model, last: bool) -> Result<Outcome> {
    let prepared = match row.kind {
        OperationKind::Onboard => onboarding::prepare(cx, row, &step.name).await?,
        OperationKind::Purge => None,
    };
    let action = match row.kind {
        OperationKind::Onboard => "operation.onboard_step",
        OperationKind::Purge => "operation.purge_step",
    };
    let mut other = None;
    let changed = cx
        .change(Change::new(action), async |tx| {
            let operation = owned(tx, row).await?;
            let mut after = operation.clone();
            let outcome = match row.kind {
                OperationKind::Onboard => onboarding::step(cx, tx, &mut after, &step.name, prepared.as_ref()).await?,
                OperationKind::Purge => purge::step(cx, tx, &after, &step.name).await?,
            };
            if !matches!(outcome, Outcome::Done) {
                // Nothing is written while a step waits: the transaction is rolled back.
                other = Some(outcome);
                return Err(Error::Stale);
            }
            set_step(tx, step, OperationStepState::Succeeded, String::new()).await?;
            let saved = tx
                .update(&operation, |o| {
                    o.deployment_id = after.deployment_id;
                    o.state = if last { OperationState::Succeeded } else { OperationState::Running };
                    o.ended_at = last.then(|| cx.business_now());
                    o.lease_expires_at = Some(cx.now() + LEASE);
                    o.updated_at = cx.business_now();
                })
                .await?;
            fail::point(&format!("{}.{}.after", row.kind, step.name));
            Ok(saved)
        })
        .await;
    match (changed, other) {
        (_, Some(outcome)) => Ok(outcome),
        (Ok(_), None) => Ok(Outcome::Done),
        (Err(error), None) => Err(error),
    }
}

/// The operation, if this worker still owns it.
async fn owned(tx: &Tx<Platform>, row: &Model) -> Result<Model> {
    let now = tx.lock::<Entity>(row.id).await?;
    if now.lease_epoch == row.lease_epoch && AT_WORK.contains(&now.state) {
        Ok(now)
    } else {
        Err(Error::Stale)
    }
}

async fn set_step(tx: &Tx<Platform>, step: &step::Model, state: OperationStepState, message: String) -> Result<()> {
    use step::Column as C;
    let now = tx.db().clock().now();
    let begun = step.state == OperationStepState::Pending && state == OperationStepState::Running;
    let mut columns = vec![(C::State, Expr::value(state.word())), (C::Message, Expr::value(message))];
    if begun {
        columns.push((C::StartedAt, Expr::value(now)));
        columns.push((C::Attempts, Expr::col(C::Attempts).add(1)));
    }
    if state != OperationStepState::Running {
        columns.push((C::EndedAt, Expr::value(now)));
    }
    tx.set::<step::Entity>(C::Id.eq(step.id), columns).await?;
    Ok(())
}

/// Notes how a step stands, and renews the lease.
async fn mark(cx: &Cx<Platform>, row: &Model, step: &step::Model, state: OperationStepState, message: String) -> Result<()> {
    cx.db
        .bookkeep(async |tx| {
            let operation = owned(tx, row).await?;
            set_step(tx, step, state, message.clone()).await?;
            tx.record(&operation, Condition::all(), |o| {
                o.state = OperationState::Running;
                o.lease_expires_at = Some(cx.now() + LEASE);
            })
            .await?;
            Ok(())
        })
        .await
}

/// Notes why the operation cannot be done; an onboarding is taken back from then on, beginning with what must stop at once.
async fn give_up(cx: &Cx<Platform>, row: &Model, step: &step::Model, failure: Failure) -> Result<Pace> {
    let error = serde_json::to_value(&failure)?;
    cx.change(Change::new("operation.give_up"), async |tx| {
        let operation = owned(tx, row).await?;
        set_step(tx, step, OperationStepState::Failed, failure.message.clone()).await?;
        if row.kind == OperationKind::Onboard {
            onboarding::stop(tx, row.tenant_id).await?;
        }
        tx.update(&operation, |o| {
            o.state = if row.kind == OperationKind::Onboard {
                OperationState::Compensating
            } else {
                OperationState::NeedsOperator
            };
            o.error = Some(error.clone());
            o.deadline_at = cx.now() + UNDO_WITHIN;
            o.lease_expires_at = Some(cx.now() + LEASE);
            o.updated_at = cx.business_now();
        })
        .await
    })
    .await?;
    Ok(Pace::Now)
}

/// Lets go of an operation that is late: it is looked at again after a while, for as long as it takes.
async fn put_off(cx: &Cx<Platform>, row: &Model) -> Result<Pace> {
    let now = cx.now();
    cx.db
        .bookkeep(async |tx| {
            let operation = owned(tx, row).await?;
            let edit = |o: &mut Model| (o.run_at, o.lease_expires_at) = (now + LATE_LOOK, Some(now));
            tx.record_quietly(&operation, Condition::all(), edit).await
        })
        .await?;
    Ok(Pace::Over)
}

/// Takes back what was done, when the instances are gone.
async fn take_back(cx: &Cx<Platform>, row: &Model, steps: &[step::Model]) -> Result<Pace> {
    let now = cx.now();
    if !deployment::all_purged(cx.find(), row.tenant_id).await? {
        if row.deadline_at <= now {
            return put_off(cx, row).await;
        }
        if row.lease_expires_at.is_none_or(|end| end - now < LEASE / 2) {
            let renew = async |tx: &Tx<Platform>| {
                let operation = owned(tx, row).await?;
                let edit = |o: &mut Model| o.lease_expires_at = Some(now + LEASE);
                tx.record_quietly(&operation, Condition::all(), edit).await
            };
            cx.db.bookkeep(renew).await?;
        }
        return Ok(Pace::Wait);
    }
    cx.change(Change::new("operation.take_back"), async |tx| {
        let operation = owned(tx, row).await?;
        onboarding::take_back(cx, tx, &operation).await?;
        for step in steps.iter().filter(|s| s.state == OperationStepState::Succeeded) {
            set_step(tx, step, OperationStepState::Undone, step.message.clone()).await?;
        }
        fail::point(&format!("{}.undo.after", row.kind));
        tx.update(&operation, |o| {
            o.state = OperationState::Failed;
            o.ended_at = Some(cx.business_now());
            o.updated_at = cx.business_now();
        })
        .await
    })
    .await?;
    Ok(Pace::Over)
}
