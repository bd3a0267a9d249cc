//! What is typed into the form of a reseller, and the message that it becomes.

use portal_client::pb;
use portal_ui::{Violations, parse_rate, rate_text};

/// The fields. Rates are percentages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResellerInput {
    pub code: String,
    pub display_name: String,
    pub contact_email: String,
    pub initial_rate: String,
    pub recurring_rate: String,
    /// Empty means for ever.
    pub recurring_invoices: String,
    pub hold_days: String,
    /// Whether it may bring new tenants.
    pub active: bool,
}

impl Default for ResellerInput {
    fn default() -> Self {
        Self {
            code: String::new(),
            display_name: String::new(),
            contact_email: String::new(),
            initial_rate: "20".into(),
            recurring_rate: "10".into(),
            recurring_invoices: "12".into(),
            hold_days: "30".into(),
            active: true,
        }
    }
}

impl From<&pb::Reseller> for ResellerInput {
    fn from(reseller: &pb::Reseller) -> Self {
        let terms = reseller.agreement.unwrap_or_default();
        let percent = |ppm| rate_text(ppm).trim_end_matches(" %").to_owned();
        Self {
            code: reseller.code.clone(),
            display_name: reseller.display_name.clone(),
            contact_email: reseller.contact_email.clone(),
            initial_rate: percent(terms.initial_rate_ppm),
            recurring_rate: percent(terms.recurring_rate_ppm),
            recurring_invoices: match terms.recurring_invoices {
                0 => String::new(),
                count => count.to_string(),
            },
            hold_days: terms.hold_days.to_string(),
            active: reseller.state() == pb::ResellerState::Active,
        }
    }
}

impl TryFrom<ResellerInput> for pb::Reseller {
    type Error = Violations;

    fn try_from(input: ResellerInput) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let mut say = |path: &str, message: &str| wrong.push((path.to_owned(), message.to_owned()));
        let code = input.code.as_str();
        let letters = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !(3..=30).contains(&code.len()) || !letters || code.starts_with('-') || code.ends_with('-') {
            say("reseller.code", "Use 3 to 30 lowercase letters, digits and inner hyphens.");
        }
        if !(1..=80).contains(&input.display_name.trim().chars().count()) {
            say("reseller.display_name", "Enter a name of 1 to 80 characters.");
        }
        if !input.contact_email.contains('@') {
            say("reseller.contact_email", "Enter an email address, such as sales@example.net.");
        }
        let mut rate = |path: &str, text: &str| {
            parse_rate(text).unwrap_or_else(|message| {
                say(path, &message);
                0
            })
        };
        let initial_rate_ppm = rate("reseller.agreement.initial_rate_ppm", &input.initial_rate);
        let recurring_rate_ppm = rate("reseller.agreement.recurring_rate_ppm", &input.recurring_rate);
        let recurring_invoices = match input.recurring_invoices.trim() {
            "" => 0,
            text => text.parse().ok().filter(|count| *count >= 1).unwrap_or_else(|| {
                say(
                    "reseller.agreement.recurring_invoices",
                    "Enter a whole number, or leave it empty for ever.",
                );
                0
            }),
        };
        let hold_days = input
            .hold_days
            .trim()
            .parse()
            .ok()
            .filter(|days| (0..=365).contains(days))
            .unwrap_or_else(|| {
                say("reseller.agreement.hold_days", "Enter a number of days from 0 to 365.");
                0
            });
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let state = if input.active {
            pb::ResellerState::Active
        } else {
            pb::ResellerState::Inactive
        };
        Ok(Self {
            code: input.code,
            display_name: input.display_name.trim().to_owned(),
            contact_email: input.contact_email.trim().to_owned(),
            agreement: Some(pb::CommissionAgreement {
                version: 0,
                initial_rate_ppm,
                recurring_rate_ppm,
                recurring_invoices,
                hold_days,
            }),
            state: state.into(),
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_become_parts_per_million_and_come_back() {
        let input = ResellerInput {
            code: "north".into(),
            display_name: "North".into(),
            contact_email: "a@b.co".into(),
            initial_rate: "12,5".into(),
            recurring_rate: "0.0001".into(),
            recurring_invoices: String::new(),
            ..ResellerInput::default()
        };
        let reseller = pb::Reseller::try_from(input).expect("nothing is wrong");
        let terms = reseller.agreement.unwrap_or_default();
        assert_eq!(
            (terms.initial_rate_ppm, terms.recurring_rate_ppm, terms.recurring_invoices),
            (125_000, 1, 0)
        );
        let back = ResellerInput::from(&reseller);
        assert_eq!((back.initial_rate.as_str(), back.recurring_rate.as_str()), ("12.5", "0.0001"));
        assert_eq!(pb::Reseller::try_from(back), Ok(reseller));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let input = ResellerInput {
            initial_rate: "120".into(),
            recurring_invoices: "0".into(),
            hold_days: "400".into(),
            ..ResellerInput::default()
        };
        let wrong = pb::Reseller::try_from(input).expect_err("much is wrong");
        let last: Vec<&str> = wrong.iter().filter_map(|(path, _)| path.rsplit('.').next()).collect();
        assert_eq!(
            last,
            [
                "code",
                "display_name",
                "contact_email",
                "initial_rate_ppm",
                "recurring_invoices",
                "hold_days"
            ]
        );
    }
}
