//! Operations: long work in stored steps, finished or undone whatever happens to the server in between.

pub mod convert;
pub mod entity;
pub mod run;
pub mod step;
mod watch;

pub use watch::watch;

use crate::{
    cx::Cx,
    error::{Error, Result},
    id::{OperationId, OperationStepId, TenantId},
    store::{Answer, Field, Fields, Page, Platform, Query, Scope, Subject, Tx, Visible},
    tenancy::tenant::entity as tenant,
};
use chrono::TimeDelta;
use entity::{Column, Entity, Model, OperationKind, OperationState};
use sea_orm::{ColumnTrait, Condition, Order};
use serde::{Deserialize, Serialize};
use step::OperationStepState;

/// What lists of operations can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::word("kind", Column::Kind, OperationKind::WORDS),
    Field::word("state", Column::State, OperationState::WORDS),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// The states in which an operation is not over.
pub const AT_WORK: [OperationState; 3] = [OperationState::Pending, OperationState::Running, OperationState::Compensating];

/// An operation with its steps and the name of its tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// The operation.
    pub row: Model,
    /// Its steps, in order.
    pub steps: Vec<step::Model>,
    /// The tenant's name.
    pub tenant_name: String,
}

impl Answer for Operation {
    fn subject(&self) -> Subject {
        Subject {
            name: self.tenant_name.clone(),
            ..Subject::of::<Entity>(&self.row)
        }
    }
}

impl Operation {
    /// Whether it is over.
    pub fn has_ended(&self) -> bool {
        !AT_WORK.contains(&self.row.state)
    }
}

/// One page of operations.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Operation>>
where
    Entity: Visible<S>,
    step::Entity: Visible<S>,
    tenant::Entity: Visible<S>,
{
    let page = cx.find::<Entity>().page(FIELDS, "create_time desc", query).await?;
    let Page {
        rows,
        next_page_token,
        total_size,
    } = page;
    Ok(Page {
        rows: with_steps(cx, rows).await?,
        next_page_token,
        total_size,
    })
}

/// One operation.
pub async fn get<S: Scope>(cx: &Cx<S>, id: OperationId) -> Result<Operation>
where
    Entity: Visible<S>,
    step::Entity: Visible<S>,
    tenant::Entity: Visible<S>,
{
    let row = cx.find::<Entity>().get(id).await?;
    with_steps(cx, vec![row]).await?.pop().ok_or(Error::NotFound("operation"))
}

/// Operations with what belongs to them, by two more reads.
pub async fn with_steps<S: Scope>(cx: &Cx<S>, rows: Vec<Model>) -> Result<Vec<Operation>>
where
    step::Entity: Visible<S>,
    tenant::Entity: Visible<S>,
{
    let steps = cx
        .find::<step::Entity>()
        .filter(step::Column::OperationId.is_in(rows.iter().map(|r| r.id)));
    let steps = steps.order(step::Column::Position, Order::Asc).all().await?;
    let tenants = cx.find::<tenant::Entity>().among(rows.iter().map(|r| r.tenant_id)).all().await?;
    let operation = |row: Model| Operation {
        steps: steps.iter().filter(|s| s.operation_id == row.id).cloned().collect(),
        tenant_name: tenants
            .iter()
            .find(|t| t.id == row.tenant_id)
            .map(|t| t.display_name.clone())
            .unwrap_or_default(),
        row,
    };
    Ok(rows.into_iter().map(operation).collect())
}

/// Writes an operation with its steps; a worker takes it up when the transaction is committed.
pub async fn begin(
    tx: &Tx<Platform>,
    kind: OperationKind,
    tenant: &tenant::Model,
    input: serde_json::Value,
    within: TimeDelta,
) -> Result<Operation> {
    let clock = tx.db().clock();
    let (now, business) = (clock.now(), clock.business());
    let row = Model {
        id: OperationId::new(),
        tenant_id: tenant.id,
        deployment_id: None,
        kind,
        state: OperationState::Pending,
        input,
        error: None,
        lease_holder: None,
        lease_epoch: 0,
        lease_expires_at: None,
        run_at: now,
        deadline_at: now + within,
        ended_at: None,
        row_version: 1,
        created_at: business,
        updated_at: business,
    };
    let row = tx.insert_unique(row, "tenant", "OPERATION_AT_WORK").await?;
    let mut steps = Vec::new();
    for (name, position) in run::plan(kind).iter().zip(1..) {
        let step = step::Model {
            id: OperationStepId::new(),
            tenant_id: tenant.id,
            operation_id: row.id,
            position,
            name: (*name).to_owned(),
            state: OperationStepState::Pending,
            attempts: 0,
            message: String::new(),
            started_at: None,
            ended_at: None,
        };
        steps.push(tx.put(step).await?);
    }
    Ok(Operation {
        row,
        steps,
        tenant_name: tenant.display_name.clone(),
    })
}

/// Refuses while an operation works on a tenant.
pub async fn none_at_work(tx: &Tx<Platform>, tenant: TenantId) -> Result<()> {
    let at_work = Condition::all().add(Column::TenantId.eq(tenant)).add(Column::State.is_in(AT_WORK));
    if tx.find::<Entity>().filter(at_work).count().await? > 0 {
        return Err(Error::precondition(
            "OPERATION_AT_WORK",
            "tenant",
            "Other work on this tenant has not ended yet. Wait for it.",
        ));
    }
    Ok(())
}
