//! Deployments on the wire.

use super::entity::{DeploymentState, Health, Model, Problem};
use crate::{
    clock::Clock,
    convert::{etag, timestamp},
};
use tenantry_proto::v1 as pb;

impl From<Model> for pb::Deployment {
    fn from(row: Model) -> Self {
        let state = row.seen(Clock::default().now());
        let health = if state == DeploymentState::Unknown {
            Health::Unknown
        } else {
            row.health
        };
        Self {
            id: row.id.to_string(),
            tenant_id: row.tenant_id.to_string(),
            url: row.url(),
            slug: row.slug,
            desired_state: row.desired_state.number(),
            state: state.number(),
            health: health.number(),
            backend: row.backend,
            version: row.version,
            memory_limit_bytes: row.memory_limit_bytes,
            generation: row.generation,
            observed_generation: row.observed_generation,
            observe_time: row.observed_at.map(timestamp),
            start_time: row.process_started_at.map(timestamp),
            restarts: i32::try_from(row.restarts).unwrap_or(i32::MAX),
            error: row.error.map(Into::into),
            suspend_reason: row.suspend_reason,
            credentials_available: row.sealed_password.is_some(),
            create_time: Some(timestamp(row.created_at)),
            update_time: Some(timestamp(row.updated_at)),
            delete_time: row.deleted_at.map(timestamp),
            purge_time: row.purge_at.map(timestamp),
            etag: etag(row.row_version),
        }
    }
}

impl From<Problem> for pb::DeploymentError {
    fn from(problem: Problem) -> Self {
        Self {
            reason: problem.reason,
            message: problem.message,
            hint: problem.hint,
            last_exit: problem.last_exit,
            log_tail: problem.log_tail,
        }
    }
}
