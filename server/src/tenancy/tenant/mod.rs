//! Tenants and their life.

pub mod convert;
pub mod entity;
mod life;
pub mod slug;

pub(crate) use life::{check, is_there};
pub use life::{delete, may_become, resume, suspend, undelete};

use crate::{
    billing::subscription,
    convert::check_etag,
    cx::Cx,
    error::Result,
    id::{ResellerId, TenantId},
    store::{Change, Field, Fields, Page, Platform, Query, Scope, Visible, filter_names},
};
use entity::{Column, Entity, Model, TenantState};
use sea_orm::ColumnTrait;

/// What lists of tenants can be filtered and sorted by.
const FIELDS: Fields<Entity> = &[
    Field::id::<TenantId>("id", Column::Id),
    Field::text("slug", Column::Slug).sortable(),
    Field::text("display_name", Column::DisplayName).sortable(),
    Field::word("state", Column::State, TenantState::WORDS).sortable(),
    Field::text("billing_currency", Column::BillingCurrency),
    Field::id::<ResellerId>("reseller_id", Column::ResellerId),
    Field::text("contact_email", Column::ContactEmail),
    Field::time("create_time", Column::CreatedAt).sortable(),
];

/// What changes of a tenant; what is `None` stays.
#[derive(Default)]
pub struct TenantPatch {
    /// The version the caller has seen.
    pub etag: String,
    /// The company's name.
    pub display_name: Option<String>,
    /// The contact's name.
    pub contact_name: Option<String>,
    /// The contact's email address.
    pub contact_email: Option<String>,
    /// The contact's telephone number.
    pub contact_phone: Option<String>,
    /// The time zone of its billing days.
    pub time_zone: Option<String>,
}

/// One page of tenants. Purged ones are left out where the filter does not speak of the state.
pub async fn list<S: Scope>(cx: &Cx<S>, query: &Query) -> Result<Page<Model>>
where
    Entity: Visible<S>,
{
    let mut rows = cx.find::<Entity>();
    if !filter_names(&query.filter, "state") {
        rows = rows.filter(Column::State.ne(TenantState::Purged));
    }
    rows.page(FIELDS, "create_time desc", query).await
}

/// One tenant.
pub async fn get<S: Scope>(cx: &Cx<S>, id: TenantId) -> Result<Model>
where
    Entity: Visible<S>,
{
    cx.find::<Entity>().get(id).await
}

/// Changes a tenant's name, contact or time zone.
pub async fn update(cx: &Cx<Platform>, id: TenantId, patch: TenantPatch) -> Result<Model> {
    cx.change(Change::new("tenant.update"), async |tx| {
        let before = tx.lock::<Entity>(id).await?;
        check_etag(&patch.etag, before.row_version)?;
        is_there(&before)?;
        if let Some(zone) = patch.time_zone.as_ref().filter(|zone| **zone != before.time_zone) {
            subscription::move_to(tx, id, zone).await?;
        }
        tx.update(&before, |t| {
            let wanted = [
                (&mut t.display_name, &patch.display_name),
                (&mut t.contact_name, &patch.contact_name),
                (&mut t.contact_email, &patch.contact_email),
                (&mut t.contact_phone, &patch.contact_phone),
                (&mut t.time_zone, &patch.time_zone),
            ];
            for (field, value) in wanted {
                if let Some(value) = value.as_ref().filter(|v| *v != field) {
                    field.clone_from(value);
                    t.updated_at = cx.business_now();
                }
            }
        })
        .await
    })
    .await
}
