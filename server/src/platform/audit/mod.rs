//! The audit log: what was changed, by whom. The store writes it with each change.

pub mod convert;

use crate::{
    cx::Cx,
    error::Result,
    id::{ResellerId, TenantId},
    store::{
        Field, Fields, Page, Query, Scope, Visible,
        audit_entry::{Column, Entity, Model},
    },
};

/// What the log can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::time("time", Column::At).sortable(),
    Field::text("action", Column::Action),
    Field::text("actor_id", Column::ActorId),
    Field::text("actor_name", Column::ActorName),
    Field::text("subject_kind", Column::SubjectKind),
    Field::text("subject_id", Column::SubjectId),
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::id::<ResellerId>("reseller_id", Column::ResellerId),
];

/// One page of the log, the newest first.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Model>>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().page_uncounted(FIELDS, "time desc", query).await
}
