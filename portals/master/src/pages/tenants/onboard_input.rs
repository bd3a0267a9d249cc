//! What is typed into the onboarding form, and the request that it becomes.

use portal_client::pb;
use portal_ui::{Violations, is_color};

/// The fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnboardInput {
    pub display_name: String,
    pub slug: String,
    /// Whether the slug was typed; until then it follows the name.
    pub own_slug: bool,
    pub contact_name: String,
    pub contact_email: String,
    pub contact_phone: String,
    pub reseller_id: String,
    pub plan_id: String,
    /// Currency and cadence of the price: `EUR/CADENCE_MONTHLY`.
    pub price: String,
    /// Empty means the day on which billing starts.
    pub anchor_day: String,
    pub time_zone: String,
    pub product_name: String,
    pub primary_color: String,
    pub support_email: String,
    pub admin_name: String,
    pub admin_email: String,
}

/// The slug that a company's name suggests: `Köln & Söhne Net` becomes `koln-sohne-net`.
pub fn suggested_slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        let plain = match letter {
            'ä' | 'á' | 'à' | 'â' | 'ã' | 'å' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => 'o',
            'ü' | 'ú' | 'ù' | 'û' => 'u',
            'ç' | 'č' => 'c',
            'ñ' => 'n',
            'ß' | 'š' => 's',
            other => other,
        };
        match plain {
            'a'..='z' | '0'..='9' => slug.push(plain),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(30);
    slug.trim_end_matches('-').to_owned()
}

/// Whether a text can be a slug. Which words are reserved and which are taken, the server knows.
fn is_slug(slug: &str) -> bool {
    let letters = slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    (3..=30).contains(&slug.len()) && letters && !slug.starts_with('-') && !slug.ends_with('-')
}

impl TryFrom<OnboardInput> for pb::OnboardTenantRequest {
    type Error = Violations;

    fn try_from(input: OnboardInput) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let mut check = |fine: bool, path: &str, message: &str| {
            if !fine {
                wrong.push((path.to_owned(), message.to_owned()));
            }
        };
        let named = |text: &str| (1..=80).contains(&text.trim().chars().count());
        let email = |text: &str| text.contains('@');
        let optional_email = |text: &str| text.trim().is_empty() || text.contains('@');
        check(
            named(&input.display_name),
            "tenant.display_name",
            "Enter a name of 1 to 80 characters.",
        );
        check(
            is_slug(&input.slug),
            "tenant.slug",
            "Use 3 to 30 lowercase letters, digits and inner hyphens.",
        );
        check(named(&input.contact_name), "tenant.contact.name", "Enter the person\u{2019}s name.");
        check(
            email(&input.contact_email),
            "tenant.contact.email",
            "Enter the person\u{2019}s email address.",
        );
        check(!input.plan_id.is_empty(), "plan_id", "Choose a plan.");
        let price = input.price.split_once('/');
        check(price.is_some() || input.plan_id.is_empty(), "cadence", "Choose a price.");
        let anchor = match input.anchor_day.trim() {
            "" => Some(0),
            text => text.parse().ok().filter(|day| (1..=31).contains(day)),
        };
        check(
            anchor.is_some(),
            "billing_anchor_day",
            "Enter a day from 1 to 31, or leave it empty.",
        );
        check(!input.time_zone.is_empty(), "tenant.time_zone", "Choose a time zone.");
        let color = input.primary_color.trim();
        check(
            color.is_empty() || is_color(color),
            "settings.branding.primary_color",
            "Enter a colour such as #1d4ed8.",
        );
        check(
            optional_email(&input.support_email),
            "settings.branding.support_email",
            "Enter an email address, or leave it empty.",
        );
        check(
            optional_email(&input.admin_email),
            "admin_email",
            "Enter an email address, or leave it empty.",
        );
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let (currency, cadence) = price.unwrap_or_default();
        let text = |text: &str| text.trim().to_owned();
        Ok(Self {
            request_id: String::new(),
            tenant: Some(pb::Tenant {
                slug: input.slug,
                display_name: text(&input.display_name),
                contact: Some(pb::Contact {
                    name: text(&input.contact_name),
                    email: text(&input.contact_email),
                    phone: text(&input.contact_phone),
                }),
                billing_currency: currency.to_owned(),
                time_zone: input.time_zone,
                reseller_id: input.reseller_id,
                ..Default::default()
            }),
            settings: Some(pb::TenantSettings {
                branding: Some(pb::BrandingSettings {
                    product_name: text(&input.product_name),
                    primary_color: color.to_lowercase(),
                    support_email: text(&input.support_email),
                }),
                ..Default::default()
            }),
            plan_id: input.plan_id,
            cadence: pb::Cadence::from_str_name(cadence).unwrap_or_default().into(),
            billing_anchor_day: anchor.unwrap_or(0),
            admin_name: text(&input.admin_name),
            admin_email: text(&input.admin_email),
            validate_only: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_suggests_a_slug() {
        assert_eq!(suggested_slug("Köln & Söhne Net"), "koln-sohne-net");
        assert_eq!(suggested_slug("  Acme  Fiber, Inc. "), "acme-fiber-inc");
        assert_eq!(
            suggested_slug("A very long name of a company that does not end"),
            "a-very-long-name-of-a-company"
        );
        assert_eq!(suggested_slug("東京"), "");
    }

    #[test]
    fn the_form_becomes_the_request() {
        let input = OnboardInput {
            display_name: " Acme Fiber ".into(),
            slug: "acme".into(),
            contact_name: "Ada".into(),
            contact_email: "ada@acme.example".into(),
            plan_id: "pla_1".into(),
            price: "JPY/CADENCE_YEARLY".into(),
            time_zone: "Asia/Tokyo".into(),
            primary_color: "#AABBCC".into(),
            ..OnboardInput::default()
        };
        let request = pb::OnboardTenantRequest::try_from(input).expect("nothing is wrong");
        assert_eq!(request.cadence(), pb::Cadence::Yearly);
        let tenant = request.tenant.unwrap_or_default();
        assert_eq!(
            (tenant.display_name.as_str(), tenant.billing_currency.as_str()),
            ("Acme Fiber", "JPY")
        );
        let branding = request.settings.unwrap_or_default().branding.unwrap_or_default();
        assert_eq!(branding.primary_color, "#aabbcc");
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let input = OnboardInput {
            slug: "-x".into(),
            anchor_day: "32".into(),
            primary_color: "blue".into(),
            admin_email: "nobody".into(),
            ..OnboardInput::default()
        };
        let wrong = pb::OnboardTenantRequest::try_from(input).expect_err("much is wrong");
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "tenant.display_name",
                "tenant.slug",
                "tenant.contact.name",
                "tenant.contact.email",
                "plan_id",
                "billing_anchor_day",
                "tenant.time_zone",
                "settings.branding.primary_color",
                "admin_email"
            ]
        );
    }
}
