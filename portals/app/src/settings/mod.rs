//! A tenant's settings: what is typed in, and the request that it becomes. The tenant has them, and the vendor for the tenant.

mod form;
mod preview;

pub use form::SettingsForm;

use portal_client::pb;
use portal_ui::{Violations, is_color};

/// What is typed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingsInput {
    pub product_name: String,
    pub primary_color: String,
    pub support_email: String,
    pub language: String,
    pub billing_email: String,
    pub incident_email: String,
}

impl From<&pb::TenantSettings> for SettingsInput {
    fn from(settings: &pb::TenantSettings) -> Self {
        let branding = settings.branding.clone().unwrap_or_default();
        let notifications = settings.notifications.clone().unwrap_or_default();
        Self {
            product_name: branding.product_name,
            primary_color: branding.primary_color,
            support_email: branding.support_email,
            language: settings.locale.clone().unwrap_or_default().language,
            billing_email: notifications.billing_email,
            incident_email: notifications.incident_email,
        }
    }
}

/// What was loaded, and what it shall be.
#[derive(Clone, Debug)]
pub(crate) struct SettingsChange {
    pub before: pb::TenantSettings,
    pub now: SettingsInput,
}

impl SettingsChange {
    /// Whether the look of the instance changes, for which it restarts.
    pub fn rebrands(&self) -> bool {
        let before = SettingsInput::from(&self.before);
        let look =
            |input: &SettingsInput| [&input.product_name, &input.primary_color, &input.support_email].map(|text| text.trim().to_owned());
        look(&before) != look(&self.now)
    }
}

impl TryFrom<SettingsChange> for pb::UpdateTenantSettingsRequest {
    type Error = Violations;

    /// Names only the fields that differ, so that nothing else is touched.
    fn try_from(change: SettingsChange) -> Result<Self, Violations> {
        let (before, now) = (SettingsInput::from(&change.before), change.now);
        let (mut wrong, mut paths) = (Violations::new(), Vec::new());
        let mut field = |path: &str, before: &str, now: &str, remark: Option<&str>| {
            let now = now.trim().to_owned();
            if before != now {
                paths.push(path.to_owned());
            }
            wrong.extend(remark.map(|remark| (format!("settings.{path}"), remark.to_owned())));
            now
        };
        let email = |text: &str| {
            let text = text.trim();
            (!text.is_empty() && !text.contains('@')).then_some("Enter an email address, such as help@example.net.")
        };
        let long = now.product_name.trim().chars().count() > 80;
        let settings = pb::TenantSettings {
            tenant_id: change.before.tenant_id,
            branding: Some(pb::BrandingSettings {
                product_name: field(
                    "branding.product_name",
                    &before.product_name,
                    &now.product_name,
                    long.then_some("Use at most 80 characters."),
                ),
                primary_color: field(
                    "branding.primary_color",
                    &before.primary_color,
                    &now.primary_color.to_lowercase(),
                    (!now.primary_color.trim().is_empty() && !is_color(now.primary_color.trim()))
                        .then_some("Enter a colour such as #1d4ed8."),
                ),
                support_email: field(
                    "branding.support_email",
                    &before.support_email,
                    &now.support_email,
                    email(&now.support_email),
                ),
            }),
            locale: Some(pb::LocaleSettings {
                language: field("locale.language", &before.language, &now.language, None),
            }),
            notifications: Some(pb::NotificationSettings {
                billing_email: field(
                    "notifications.billing_email",
                    &before.billing_email,
                    &now.billing_email,
                    email(&now.billing_email),
                ),
                incident_email: field(
                    "notifications.incident_email",
                    &before.incident_email,
                    &now.incident_email,
                    email(&now.incident_email),
                ),
            }),
            etag: change.before.etag,
        };
        match wrong.is_empty() {
            true => Ok(Self {
                settings: Some(settings),
                update_mask: Some(prost_types::FieldMask { paths }),
                ..Default::default()
            }),
            false => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before() -> pb::TenantSettings {
        pb::TenantSettings {
            tenant_id: "ten_1".into(),
            branding: Some(pb::BrandingSettings {
                product_name: "Acme".into(),
                ..Default::default()
            }),
            etag: "1-1-1".into(),
            ..Default::default()
        }
    }

    fn change(edit: impl FnOnce(&mut SettingsInput)) -> SettingsChange {
        let before = before();
        let mut now = SettingsInput::from(&before);
        edit(&mut now);
        SettingsChange { before, now }
    }

    #[test]
    fn only_what_differs_is_sent_as_changed() {
        let change = change(|now| {
            now.primary_color = "#1D4ED8".into();
            now.product_name = "Acme ".into();
            now.language = "de".into();
        });
        assert!(change.rebrands());
        let request = pb::UpdateTenantSettingsRequest::try_from(change).expect("nothing is wrong");
        assert_eq!(
            request.update_mask.unwrap_or_default().paths,
            ["branding.primary_color", "locale.language"]
        );
        let settings = request.settings.unwrap_or_default();
        assert_eq!((settings.tenant_id.as_str(), settings.etag.as_str()), ("ten_1", "1-1-1"));
        assert_eq!(settings.branding.unwrap_or_default().primary_color, "#1d4ed8");
    }

    #[test]
    fn a_language_alone_restarts_nothing() {
        assert!(!change(|now| now.language = "de".into()).rebrands());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let change = change(|now| {
            now.primary_color = "blue".into();
            now.billing_email = "nobody".into();
            now.product_name = "x".repeat(81);
        });
        let wrong = pb::UpdateTenantSettingsRequest::try_from(change).expect_err("three fields are wrong");
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "settings.branding.product_name",
                "settings.branding.primary_color",
                "settings.notifications.billing_email"
            ]
        );
    }
}
