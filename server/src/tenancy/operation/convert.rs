//! Operations on the wire.

use super::{Operation, run::Failure, step};
use crate::{convert::timestamp, store::Page};
use tenantry_proto::v1 as pb;

impl From<Operation> for pb::Operation {
    fn from(Operation { row, steps, tenant_name }: Operation) -> Self {
        let error = row.error.and_then(|e| serde_json::from_value::<Failure>(e).ok());
        Self {
            id: row.id.to_string(),
            kind: row.kind.number(),
            state: row.state.number(),
            tenant_id: row.tenant_id.to_string(),
            tenant_name,
            deployment_id: row.deployment_id.map(|id| id.to_string()).unwrap_or_default(),
            steps: steps.into_iter().map(Into::into).collect(),
            error: error.map(|e| pb::OperationError {
                step: e.step,
                reason: e.reason,
                message: e.message,
                hint: e.hint,
            }),
            create_time: Some(timestamp(row.created_at)),
            end_time: row.ended_at.map(timestamp),
            deadline_time: Some(timestamp(row.deadline_at)),
        }
    }
}

impl From<step::Model> for pb::OperationStep {
    fn from(s: step::Model) -> Self {
        Self {
            title: title(&s.name).to_owned(),
            name: s.name,
            state: s.state.number(),
            attempts: i32::try_from(s.attempts).unwrap_or(i32::MAX),
            start_time: s.started_at.map(timestamp),
            end_time: s.ended_at.map(timestamp),
            message: s.message,
        }
    }
}

impl From<Operation> for pb::WatchOperationResponse {
    fn from(operation: Operation) -> Self {
        Self {
            operation: Some(operation.into()),
        }
    }
}

/// What a step does, in words.
fn title(name: &str) -> &str {
    match name {
        "tenant" => "Reserve the name",
        "settings" => "Write the settings",
        "deployment" => "Create the instance",
        "health" => "Prove that the instance is healthy",
        "subscription" => "Start billing and make the first invoice",
        "invitation" => "Invite the first admin",
        "instances" => "Remove the instances and prove that nothing is left",
        "users" => "Take the users' roles away",
        "data" => "Remove the settings and the contact",
        other => other,
    }
}

impl From<Page<Operation>> for pb::ListOperationsResponse {
    fn from(page: Page<Operation>) -> Self {
        Self {
            operations: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
            total_size: page.total_size,
        }
    }
}
