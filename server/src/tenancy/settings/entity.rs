//! The table of settings.

use crate::{
    clock::Time,
    id::{TenantId, TenantSettingId},
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

crate::words! {
    /// What settings are about.
    SettingCategory {
        /// How the instance looks.
        Branding = "branding",
        /// Language and form.
        Locale = "locale",
        /// Who is told what.
        Notifications = "notifications",
    }
}

/// One category of a tenant's settings.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "tenant_setting")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantSettingId,
    /// Whose settings.
    pub tenant_id: TenantId,
    /// Which of them.
    pub category: SettingCategory,
    /// The fields of the category.
    pub value: Json,
    /// The version of the row, from 1.
    pub row_version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// No table is joined to this one.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
