//! Deployments: what they shall be, and what they were observed to be.

pub mod convert;
mod credentials;
pub mod entity;
#[cfg(test)]
pub(in crate::deployments) mod example;
pub mod logs;
mod may;
mod phase;
pub mod watch;
pub mod wish;
mod with_tenant;

pub use credentials::{Credentials, Revealed, reveal};
pub use phase::phase;
pub use with_tenant::{all_purged, hold, purge, rebrand, release, remove, restore};

use crate::{
    billing::plan,
    clock::Time,
    cx::Cx,
    error::Result,
    id::{DeploymentId, TenantId},
    store::{Answer, Field, Fields, Owned, Page, Platform, Query, Rows, Scope, Subject, Tx, Visible, filter_names},
    tenancy::tenant,
};
use chrono::TimeDelta;
use entity::{Column, DeploymentState, DesiredState, Entity, Health, Model};
use sea_orm::{ColumnTrait, Condition};
use serde::{Deserialize, Serialize};

/// The only backend there is.
const EMBEDDED: &str = "embedded";

/// An observation of what should be alive counts for this long.
const OBSERVATION_LASTS: TimeDelta = TimeDelta::seconds(60);

/// The states that are only known as long as somebody looks.
const LIVE: [DeploymentState; 5] = [
    DeploymentState::Starting,
    DeploymentState::Running,
    DeploymentState::Unhealthy,
    DeploymentState::Stopping,
    DeploymentState::Failed,
];

/// What lists of deployments can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::text("slug", Column::Slug).sortable(),
    Field::word("desired_state", Column::DesiredState, DesiredState::WORDS),
    Field::word("state", Column::State, DeploymentState::WORDS),
    Field::word("health", Column::Health, Health::WORDS),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// Rows that should be alive and that nobody has observed for too long.
fn unobserved(now: Time) -> Condition {
    Condition::all()
        .add(Column::State.is_in(LIVE))
        .add(Column::ObservedAt.lt(now - OBSERVATION_LASTS))
}

impl Model {
    /// What it is, as far as anybody knows: unknown where it should be alive and nobody has observed it for a minute.
    pub fn seen(&self, now: Time) -> DeploymentState {
        match self.observed_at {
            Some(at) if LIVE.contains(&self.state) && now - at > OBSERVATION_LASTS => DeploymentState::Unknown,
            _ => self.state,
        }
    }

    /// Whether it runs and was proven healthy as it shall be now. Where it is not, `error` says what is wrong, if anything is.
    pub fn is_up(&self, now: Time) -> bool {
        self.seen(now) == DeploymentState::Running
    }

    /// Where it is reached; empty until it has a port.
    pub fn url(&self) -> String {
        self.port
            .map_or_else(String::new, |port| format!("http://{}.localhost:{port}/", self.slug))
    }
}

/// A deployment as it was answered. How it was seen then is told again to whoever repeats a request later.
#[derive(Serialize, Deserialize)]
pub struct Seen {
    /// The deployment.
    pub row: Model,
    /// When.
    pub at: Time,
}

impl Seen {
    /// Rows as they are now.
    pub fn all(rows: Vec<Model>, at: Time) -> Vec<Self> {
        rows.into_iter().map(|row| Self { row, at }).collect()
    }
}

impl Answer for Seen {
    fn subject(&self) -> Subject {
        Subject::of::<Entity>(&self.row)
    }
}

/// One page of deployments. Purged ones are among them only where the filter names the state.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Seen>>
where
    Entity: Visible<S>,
{
    let mut rows = cx.find::<Entity>();
    if !filter_names(&query.filter, "state") {
        rows = rows.filter(Column::State.ne(DeploymentState::Purged));
    }
    let at = cx.now();
    Ok(rows.page(FIELDS, "slug", query).await?.map(|row| Seen { row, at }))
}

/// One deployment.
pub async fn get<S: Scope>(cx: &Cx<S>, id: DeploymentId) -> Result<Seen>
where
    Entity: Visible<S>,
{
    let row = cx.find::<Entity>().get(id).await?;
    Ok(Seen { row, at: cx.now() })
}

/// Makes a deployment that shall run on a node. `plan` says what it may use; whether the tenant may have one more is for the caller to know.
/// [`crate::error::Error::Exists`] if any tenant's deployment has the slug.
pub async fn create(
    tx: &Tx<Platform>,
    tenant: &tenant::entity::Model,
    slug: String,
    plan: &plan::entity::Model,
    node: &str,
    credentials: &Credentials,
) -> Result<Model> {
    let clock = tx.db().clock();
    let id = DeploymentId::new();
    let mut row = Model {
        id,
        tenant_id: tenant.id,
        slug,
        backend: EMBEDDED.into(),
        node: node.to_owned(),
        desired_state: DesiredState::Running,
        resume_state: DesiredState::Running,
        held_by: None,
        suspend_reason: String::new(),
        memory_limit_bytes: plan.memory_bytes,
        max_subscribers: plan.subscribers,
        admin_email: tenant.contact_email.clone(),
        admin_password_hash: credentials.hash().to_owned(),
        sealed_password: Some(credentials.seal(tx.db().sealer(), id)?),
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
        reconcile_at: clock.now(),
        lease_holder: None,
        lease_epoch: 0,
        lease_expires_at: None,
        deleted_by: None,
        deleted_at: None,
        purge_at: None,
        row_version: 1,
        created_at: clock.business(),
        updated_at: clock.business(),
    };
    row.state = phase(&row);
    tx.insert_unique(row, "slug", "DEPLOYMENT_SLUG_TAKEN").await
}

/// Whether no deployment has this slug: `rows` is where to look, `tx.find()` or `cx.find()`.
pub async fn slug_is_free(rows: Rows<'_, Platform, Entity>, slug: &str) -> Result<bool> {
    let taken = rows.with(Column::Slug, slug).filter(Column::State.ne(DeploymentState::Purged));
    Ok(taken.first().await?.is_none())
}

/// Changes what a deployment shall be. Where that changes anything, it is a new generation, which is acted on at once.
async fn turn<S: Scope>(tx: &Tx<S>, before: &Model, edit: impl FnOnce(&mut Model)) -> Result<Model>
where
    Entity: Owned<S>,
{
    let clock = tx.db().clock();
    tx.update(before, |row| {
        edit(row);
        if row != before {
            row.generation += 1;
            row.error = None;
            row.failures = 0;
            row.reconcile_at = clock.now();
            row.updated_at = clock.business();
            row.state = phase(row);
        }
    })
    .await
}
