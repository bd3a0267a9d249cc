//! The audit log: what was changed or refused, by whom. The store writes it with each change.

pub mod convert;
mod export;

pub use export::{Export, Format, export};

use crate::{
    cx::Cx,
    error::Result,
    id::{ResellerId, TenantId},
    store::{
        Field, Fields, Owner, Page, Query, Scope, Visible,
        audit_entry::{Column, Entity, Model},
        filter_names,
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
    Field::text("subject_name", Column::SubjectName),
    Field::id::<TenantId>("tenant_id", Column::TenantId),
    Field::id::<ResellerId>("reseller_id", Column::ResellerId),
    Field::text("result", Column::Result),
    Field::text("request_id", Column::RequestId),
];

/// What tells who of the vendor's staff did something.
const WHO: [&str; 2] = ["actor_id", "actor_name"];

/// One page of the log, the newest first. Others than the vendor are not told who of its staff did something, nor can they guess it with a filter.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Model>>
where
    Entity: Visible<S>,
{
    let mut rows = cx.find::<Entity>();
    if cx.db.scope().owner() == Owner::Platform {
        return rows.page_uncounted(FIELDS, "time desc", query).await;
    }
    if WHO.iter().any(|field| filter_names(&query.filter, field)) {
        rows = rows.with(Column::ByStaff, false);
    }
    let page = rows.page_uncounted(FIELDS, "time desc", query).await?;
    Ok(page.map(|entry| without_staff(entry, &cx.app.settings.vendor_name)))
}

fn without_staff(mut entry: Model, vendor: &str) -> Model {
    if entry.by_staff {
        "vendor".clone_into(&mut entry.actor_id);
        entry.actor_name = format!("{vendor} support");
        entry.remote_address.clear();
    }
    entry
}
