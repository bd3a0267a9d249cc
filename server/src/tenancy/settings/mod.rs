//! What a tenant can set, by category.

pub mod convert;
pub mod entity;

use crate::{
    cx::Cx,
    deployments::deployment,
    error::{Error, Result},
    id::{TenantId, TenantSettingId},
    store::{Answer, Change, Owned, Owner, Platform, Scope, Subject, Tx, Visible},
    tenancy::tenant::{self as tenants, entity as tenant},
};
use convert::SettingsPatch;
use entity::{Column, Entity, Model, SettingCategory};
use sea_orm::Iterable;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// How the instance looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Branding {
    /// The name on its pages; empty means the tenant's own.
    pub product_name: String,
    /// The main colour as "#rrggbb"; empty means the default.
    pub primary_color: String,
    /// Where its customers get help.
    pub support_email: String,
}

/// Language and form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Locale {
    /// BCP 47; empty means "en".
    pub language: String,
}

/// Who is told what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notifications {
    /// Where invoices go; empty means the contact.
    pub billing_email: String,
    /// Where news of incidents goes; empty means the contact.
    pub incident_email: String,
}

/// All settings of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How the instance looks.
    pub branding: Branding,
    /// Language and form.
    pub locale: Locale,
    /// Who is told what.
    pub notifications: Notifications,
}

/// The settings of one tenant, with the version of each category.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TenantSettings {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The tenant's name, for the audit trail.
    pub tenant_name: String,
    /// The values.
    pub settings: Settings,
    /// The versions of the categories, in their order.
    pub versions: Vec<i64>,
}

impl Answer for TenantSettings {
    fn subject(&self) -> Subject {
        Subject {
            kind: "tenant settings",
            id: self.tenant_id.to_string(),
            name: self.tenant_name.clone(),
            owner: Owner::Tenant(self.tenant_id),
        }
    }
}

impl Settings {
    /// One category as it is stored.
    fn value(&self, category: SettingCategory) -> Result<serde_json::Value> {
        Ok(match category {
            SettingCategory::Branding => serde_json::to_value(&self.branding)?,
            SettingCategory::Locale => serde_json::to_value(&self.locale)?,
            SettingCategory::Notifications => serde_json::to_value(&self.notifications)?,
        })
    }

    /// From the stored categories.
    fn read(rows: &[Model]) -> Result<Self> {
        fn one<T: DeserializeOwned + Default>(rows: &[Model], category: SettingCategory) -> Result<T> {
            let row = rows.iter().find(|r| r.category == category);
            Ok(row
                .map(|r| serde_json::from_value(r.value.clone()))
                .transpose()?
                .unwrap_or_default())
        }
        Ok(Self {
            branding: one(rows, SettingCategory::Branding)?,
            locale: one(rows, SettingCategory::Locale)?,
            notifications: one(rows, SettingCategory::Notifications)?,
        })
    }
}

fn view(tenant: &tenant::Model, rows: &[Model]) -> Result<TenantSettings> {
    let version = |category| rows.iter().find(|r| r.category == category).map_or(0, |r| r.row_version);
    Ok(TenantSettings {
        tenant_id: tenant.id,
        tenant_name: tenant.display_name.clone(),
        settings: Settings::read(rows)?,
        versions: SettingCategory::iter().map(version).collect(),
    })
}

/// A tenant's settings.
pub async fn get<S: Scope>(cx: &Cx<S>, id: TenantId) -> Result<TenantSettings>
where
    Entity: Visible<S>,
    tenant::Entity: Visible<S>,
{
    let tenant = cx.find::<tenant::Entity>().get(id).await?;
    let rows = cx.find::<Entity>().with(Column::TenantId, id).all().await?;
    view(&tenant, &rows)
}

/// The settings of a tenant as part of a change.
pub async fn of<S: Scope>(tx: &Tx<S>, id: TenantId) -> Result<Settings>
where
    Entity: Visible<S>,
{
    Settings::read(&tx.find::<Entity>().with(Column::TenantId, id).all().await?)
}

/// Writes the first settings of a tenant.
pub async fn create(tx: &Tx<Platform>, tenant_id: TenantId, settings: &Settings) -> Result<()> {
    let now = tx.db().clock().business();
    for category in SettingCategory::iter() {
        let value = settings.value(category)?;
        tx.insert(Model {
            id: TenantSettingId::new(),
            tenant_id,
            category,
            value,
            row_version: 1,
            created_at: now,
            updated_at: now,
        })
        .await?;
    }
    Ok(())
}

/// Changes a tenant's settings. A new look restarts the instances with it.
pub async fn update<S: Scope>(cx: &Cx<S>, patch: SettingsPatch) -> Result<TenantSettings>
where
    Entity: Owned<S>,
    tenant::Entity: Visible<S>,
    deployment::entity::Entity: Owned<S>,
{
    cx.change(Change::new("tenant.update_settings"), async |tx| {
        let id = patch.tenant_id;
        let tenant = tx.find::<tenant::Entity>().get(id).await?;
        tenants::is_there(&tenant)?;
        let mut rows = Vec::new();
        for row in tx.find::<Entity>().with(Column::TenantId, id).all().await? {
            rows.push(tx.lock::<Entity>(row.id).await?);
        }
        let before = view(&tenant, &rows)?;
        if !(patch.etag.is_empty() || patch.etag == convert::etag(&before)) {
            return Err(Error::Stale);
        }
        let mut wanted = before.settings.clone();
        patch.apply(&mut wanted);
        for row in &mut rows {
            let value = wanted.value(row.category)?;
            if value != row.value {
                *row = tx
                    .update(row, |r| {
                        r.value = value;
                        r.updated_at = cx.business_now();
                    })
                    .await?;
            }
        }
        if wanted.branding != before.settings.branding {
            deployment::rebrand(tx, id).await?;
        }
        view(&tenant, &rows)
    })
    .await
}
