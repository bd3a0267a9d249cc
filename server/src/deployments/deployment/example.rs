//! A row for tests of pure rules.

use super::{
    EMBEDDED,
    entity::{DeploymentState, DesiredState, Health, Model},
};
use crate::{
    clock::Time,
    id::{DeploymentId, TenantId},
};

/// One that shall run and was never looked at.
pub fn row() -> Model {
    Model {
        id: DeploymentId::new(),
        tenant_id: TenantId::new(),
        slug: "acme".into(),
        backend: EMBEDDED.into(),
        node: "node-1".into(),
        desired_state: DesiredState::Running,
        resume_state: DesiredState::Running,
        held_by: None,
        suspend_reason: String::new(),
        memory_limit_bytes: 64 << 20,
        max_subscribers: 0,
        admin_email: "anna@acme.example".into(),
        admin_password_hash: "hash".into(),
        sealed_password: Some("sealed".into()),
        generation: 1,
        restart_generation: 1,
        state: DeploymentState::Pending,
        health: Health::Unknown,
        version: String::new(),
        port: None,
        observed_generation: 0,
        observed_at: None,
        process_started_at: None,
        data_since: None,
        restarts: 0,
        probe_failures: 0,
        error: None,
        failures: 0,
        reconcile_at: Time::UNIX_EPOCH,
        lease_holder: Some("worker".into()),
        lease_epoch: 1,
        lease_expires_at: Some(Time::UNIX_EPOCH),
        deleted_by: None,
        deleted_at: None,
        purge_at: None,
        row_version: 1,
        created_at: Time::UNIX_EPOCH,
        updated_at: Time::UNIX_EPOCH,
    }
}
