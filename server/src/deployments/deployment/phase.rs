//! What a deployment is: a pure function of what it shall be and what was observed.

use super::entity::{DeploymentState, DesiredState, Health, Model};

/// The state that follows from the rest of a row. Nothing else sets it.
pub fn phase(row: &Model) -> DeploymentState {
    let done = row.observed_generation == row.generation;
    let alive = row.process_started_at.is_some();
    match row.desired_state {
        DesiredState::Absent if done => DeploymentState::Purged,
        DesiredState::Absent => DeploymentState::Purging,
        DesiredState::Stopped | DesiredState::Suspended if alive || !done => DeploymentState::Stopping,
        DesiredState::Stopped | DesiredState::Suspended if row.deleted_at.is_some() => DeploymentState::Deleted,
        DesiredState::Stopped => DeploymentState::Stopped,
        DesiredState::Suspended => DeploymentState::Suspended,
        DesiredState::Running => match row.health {
            Health::Healthy if alive && done => DeploymentState::Running,
            Health::Unhealthy if alive => DeploymentState::Unhealthy,
            _ if row.error.is_some() => DeploymentState::Failed,
            _ if !alive && row.observed_at.is_none() => DeploymentState::Pending,
            _ => DeploymentState::Starting,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            entity::{Cause, Problem},
            example::row,
        },
        *,
    };
    use crate::clock::Time;
    use proptest::prelude::*;

    fn facts() -> impl Strategy<Value = Model> {
        let desired = prop::sample::select(vec![
            DesiredState::Running,
            DesiredState::Stopped,
            DesiredState::Suspended,
            DesiredState::Absent,
        ]);
        let health = prop::sample::select(vec![Health::Healthy, Health::Unhealthy, Health::Unknown]);
        let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
        (desired, health, 1_i64..5, 0_i64..5, flags).prop_map(|(desired_state, health, generation, observed_generation, flags)| {
            let (alive, deleted, failed, observed) = flags;
            Model {
                desired_state,
                health,
                generation,
                observed_generation,
                process_started_at: alive.then_some(Time::UNIX_EPOCH),
                observed_at: observed.then_some(Time::UNIX_EPOCH),
                deleted_at: deleted.then_some(Time::UNIX_EPOCH),
                deleted_by: deleted.then_some(Cause::Deployment),
                error: failed.then(|| Problem {
                    reason: "CRASH_LOOP".into(),
                    message: String::new(),
                    hint: String::new(),
                    last_exit: String::new(),
                    log_tail: Vec::new(),
                }),
                ..row()
            }
        })
    }

    proptest! {
        #[test]
        fn the_same_facts_are_the_same_state(row in facts(), state in prop::sample::select(DeploymentState::WORDS.to_vec())) {
            // What stood there before, who looks and when is no fact.
            let state = (1..=12).filter_map(DeploymentState::from_number).find(|s| s.word() == state);
            let other = Model { state: state.unwrap_or(row.state), lease_epoch: 99, row_version: 7, failures: 3, probe_failures: 2, ..row.clone() };
            prop_assert_eq!(phase(&row), phase(&other));
        }

        #[test]
        fn good_news_needs_proof(row in facts()) {
            let done = row.observed_generation == row.generation;
            let alive = row.process_started_at.is_some();
            match phase(&row) {
                DeploymentState::Running => prop_assert!(done && alive && row.health == Health::Healthy),
                DeploymentState::Stopped | DeploymentState::Suspended => prop_assert!(done && !alive && row.deleted_at.is_none()),
                DeploymentState::Deleted => prop_assert!(done && !alive && row.deleted_at.is_some()),
                DeploymentState::Purged => prop_assert!(done && row.desired_state == DesiredState::Absent),
                DeploymentState::Failed => prop_assert!(row.error.is_some()),
                DeploymentState::Unknown => prop_assert!(false, "only the time since an observation makes it unknown"),
                _ => {}
            }
        }
    }
}
