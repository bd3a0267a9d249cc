//! Settings on the wire.

use super::{Branding, Locale, Notifications, Settings, TenantSettings};
use crate::{
    convert::Check,
    error::{Error, Result},
    id::TenantId,
};
use tenantry_proto::v1 as pb;

/// The version of all categories together.
pub fn etag(settings: &TenantSettings) -> String {
    let versions: Vec<_> = settings.versions.iter().map(ToString::to_string).collect();
    versions.join("-")
}

impl From<TenantSettings> for pb::TenantSettings {
    fn from(view: TenantSettings) -> Self {
        let etag = etag(&view);
        let Settings {
            branding,
            locale,
            notifications,
        } = view.settings;
        Self {
            tenant_id: view.tenant_id.to_string(),
            branding: Some(pb::BrandingSettings {
                product_name: branding.product_name,
                primary_color: branding.primary_color,
                support_email: branding.support_email,
            }),
            locale: Some(pb::LocaleSettings { language: locale.language }),
            notifications: Some(pb::NotificationSettings {
                billing_email: notifications.billing_email,
                incident_email: notifications.incident_email,
            }),
            etag,
        }
    }
}

/// Reads settings; every wrong field is noted.
pub fn read(check: &mut Check, value: pb::TenantSettings) -> Settings {
    let branding = value.branding.unwrap_or_default();
    let locale = value.locale.unwrap_or_default();
    let notifications = value.notifications.unwrap_or_default();
    Settings {
        branding: Branding {
            product_name: check.text("settings.branding.product_name", &branding.product_name, 0, 80),
            primary_color: color(check, "settings.branding.primary_color", &branding.primary_color),
            support_email: check.email("settings.branding.support_email", &branding.support_email, 0),
        },
        locale: Locale {
            language: language(check, "settings.locale.language", &locale.language),
        },
        notifications: Notifications {
            billing_email: check.email("settings.notifications.billing_email", &notifications.billing_email, 0),
            incident_email: check.email("settings.notifications.incident_email", &notifications.incident_email, 0),
        },
    }
}

fn color(check: &mut Check, field: &str, value: &str) -> String {
    let digits = value
        .strip_prefix('#')
        .filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
    if !value.is_empty() && digits.is_none() {
        check.bad(field, "must be a colour as \"#rrggbb\"");
    }
    value.to_lowercase()
}

fn language(check: &mut Check, field: &str, value: &str) -> String {
    let part = |p: &str| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let known = value.len() <= 35 && value.split('-').all(part) && value.split('-').next().is_some_and(|p| p.len() >= 2 && p.len() <= 3);
    if !value.is_empty() && !known {
        check.bad(field, "must be a language tag such as \"en\" or \"de-AT\"");
    }
    value.to_owned()
}

/// How settings are changed.
pub struct SettingsPatch {
    /// Whose.
    pub tenant_id: TenantId,
    /// The version the caller has seen.
    pub etag: String,
    /// The new values.
    pub settings: Settings,
    /// Which of them.
    pub paths: Vec<String>,
}

impl SettingsPatch {
    /// Puts the new values in.
    pub fn apply(&self, to: &mut Settings) {
        let from = &self.settings;
        for path in &self.paths {
            match path.as_str() {
                "branding" => to.branding = from.branding.clone(),
                "branding.product_name" => to.branding.product_name.clone_from(&from.branding.product_name),
                "branding.primary_color" => to.branding.primary_color.clone_from(&from.branding.primary_color),
                "branding.support_email" => to.branding.support_email.clone_from(&from.branding.support_email),
                "locale" => to.locale = from.locale.clone(),
                "locale.language" => to.locale.language.clone_from(&from.locale.language),
                "notifications" => to.notifications = from.notifications.clone(),
                "notifications.billing_email" => to.notifications.billing_email.clone_from(&from.notifications.billing_email),
                "notifications.incident_email" => to.notifications.incident_email.clone_from(&from.notifications.incident_email),
                _ => {}
            }
        }
    }
}

/// What an update mask can name.
const PATHS: [&str; 9] = [
    "branding",
    "branding.product_name",
    "branding.primary_color",
    "branding.support_email",
    "locale",
    "locale.language",
    "notifications",
    "notifications.billing_email",
    "notifications.incident_email",
];

impl TryFrom<pb::UpdateTenantSettingsRequest> for SettingsPatch {
    type Error = Error;

    fn try_from(request: pb::UpdateTenantSettingsRequest) -> Result<Self> {
        let mut check = Check::default();
        let value = request.settings.unwrap_or_default();
        let tenant_id = check.id("settings.tenant_id", &value.tenant_id);
        let etag = value.etag.clone();
        let paths = check.mask(request.update_mask, &PATHS);
        let mut all = Check::default();
        let settings = read(&mut all, value);
        check.also(all.within("settings", &paths).done())?;
        check.done()?;
        let tenant_id = tenant_id.ok_or_else(|| Error::invalid("settings.tenant_id", "is missing"))?;
        Ok(Self {
            tenant_id,
            etag,
            settings,
            paths,
        })
    }
}
