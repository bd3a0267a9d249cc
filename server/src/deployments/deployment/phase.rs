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
