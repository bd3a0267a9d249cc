//! What an instance is told about the ISP it belongs to.

use super::deployment::entity::Model;
use crate::{
    cx::Cx,
    error::Result,
    store::Platform,
    tenancy::{
        settings::entity::{self as settings, SettingCategory},
        tenant::entity as tenant,
    },
};
use std::collections::BTreeMap;

/// The version of the tenants' software, which is this program's.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The colour of a tenant that has chosen none.
const DEFAULT_COLOR: &str = "#1d4ed8";

/// The environment of an instance, but for what its backend knows: where it listens and where its data is.
pub(super) async fn of(cx: &Cx<Platform>, row: &Model) -> Result<BTreeMap<&'static str, String>> {
    let tenant = cx.find::<tenant::Entity>().get(row.tenant_id).await?;
    let branding = cx
        .find::<settings::Entity>()
        .with(settings::Column::TenantId, row.tenant_id)
        .with(settings::Column::Category, SettingCategory::Branding)
        .first()
        .await?
        .map(|row| row.value)
        .unwrap_or_default();
    let chosen = |field: &str| branding.get(field).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    Ok(BTreeMap::from([
        (
            "TENANTRY_INSTANCE_NAME",
            chosen("product_name").unwrap_or(&tenant.display_name).to_owned(),
        ),
        (
            "TENANTRY_INSTANCE_PRIMARY_COLOR",
            chosen("primary_color").unwrap_or(DEFAULT_COLOR).to_owned(),
        ),
        ("TENANTRY_INSTANCE_SLUG", row.slug.clone()),
        ("TENANTRY_INSTANCE_ADMIN_EMAIL", row.admin_email.clone()),
        ("TENANTRY_INSTANCE_ADMIN_PASSWORD_HASH", row.admin_password_hash.clone()),
        ("TENANTRY_INSTANCE_MAX_SUBSCRIBERS", row.max_subscribers.to_string()),
    ]))
}
