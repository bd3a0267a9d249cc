//! The values of messages as pages show them: moments, money, states, roles, log lines.

use leptos::prelude::*;
use prost_types::Timestamp;
use tenantry_proto::v1 as pb;

use crate::{LogLine, Step, StepState, TimeText, money_text};

/// A moment in milliseconds since 1970.
pub fn millis(at: &Option<Timestamp>) -> Option<i64> {
    at.as_ref()
        .map(|at| at.seconds.saturating_mul(1000).saturating_add(i64::from(at.nanos) / 1_000_000))
}

/// A moment as a message carries it.
pub fn timestamp(millis: i64) -> Timestamp {
    Timestamp {
        seconds: millis.div_euclid(1000),
        nanos: (millis.rem_euclid(1000) * 1_000_000) as i32,
    }
}

/// A moment of a message; a dash where there is none.
#[component]
pub fn When(
    /// The moment.
    at: Option<Timestamp>,
) -> impl IntoView {
    match millis(&at) {
        Some(at) => view! { <TimeText at=at /> }.into_any(),
        None => dash().into_any(),
    }
}

/// What stands where there is no value: seen as a dash, not read out.
pub fn dash() -> impl IntoView {
    view! {
        <span class="text-muted" aria-hidden="true">
            "\u{2013}"
        </span>
        <span class="sr-only">"None"</span>
    }
}

/// An amount as a person reads it; empty where there is none.
pub fn amount_text(money: &Option<pb::Money>) -> String {
    money
        .as_ref()
        .map(|money| money_text(money.minor_units, &money.currency_code))
        .unwrap_or_default()
}

/// Amounts in several currencies, in one line; a dash where there are none.
pub fn amounts_text(amounts: &[pb::Money]) -> String {
    match amounts {
        [] => "\u{2013}".to_owned(),
        amounts => {
            let texts: Vec<String> = amounts
                .iter()
                .map(|money| money_text(money.minor_units, &money.currency_code))
                .collect();
            texts.join(" + ")
        }
    }
}

/// An amount of a message; a dash where there is none.
#[component]
pub fn Amount(
    /// The amount.
    money: Option<pb::Money>,
) -> impl IntoView {
    match money {
        Some(money) => view! { <span class="money">{money_text(money.minor_units, &money.currency_code)}</span> }.into_any(),
        None => dash().into_any(),
    }
}

/// Amounts in several currencies, one below the other; a dash where there are none.
#[component]
pub fn Amounts(
    /// The amounts.
    amounts: Vec<pb::Money>,
) -> impl IntoView {
    if amounts.is_empty() {
        return dash().into_any();
    }
    let line = |money| view! { <span class="block"><Amount money=Some(money) /></span> };
    amounts.into_iter().map(line).collect_view().into_any()
}

/// A rate in parts per million as a person reads it: `12.5 %`.
pub fn rate_text(ppm: i32) -> String {
    let all = format!("{:0>5}", ppm.unsigned_abs());
    let (whole, rest) = all.split_at(all.len() - 4);
    let rest = rest.trim_end_matches('0');
    let sign = if ppm < 0 { "\u{2212}" } else { "" };
    match rest {
        "" => format!("{sign}{whole} %"),
        rest => format!("{sign}{whole}.{rest} %"),
    }
}

/// Reads a rate that a person typed in percent, `12.5` or `12,5 %`, as parts per million. The error is a sentence for the field.
pub fn parse_rate(text: &str) -> Result<i32, String> {
    const WRONG: &str = "Enter a percentage from 0 to 100 with at most 4 decimals, such as 12.5.";
    let plain = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
    let (whole, rest) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || rest.len() > 4 || !digits(whole) || !digits(rest) {
        return Err(WRONG.to_owned());
    }
    match format!("{whole}{rest:0<4}").parse() {
        Ok(ppm @ 0..=1_000_000) => Ok(ppm),
        _ => Err(WRONG.to_owned()),
    }
}

/// The word of a role: `Admin`.
pub fn role_word(role: pb::Role) -> &'static str {
    match role {
        pb::Role::Unspecified => "No role",
        pb::Role::MasterAdmin | pb::Role::TenantAdmin | pb::Role::ResellerAdmin => "Admin",
        pb::Role::MasterOperator => "Operator",
        pb::Role::MasterSupport => "Support",
        pb::Role::MasterViewer | pb::Role::TenantViewer => "Viewer",
        pb::Role::TenantUser => "User",
        pb::Role::ResellerAgent => "Agent",
    }
}

/// How often a price is charged, as in `€49.00 a month`.
pub fn cadence_word(cadence: pb::Cadence) -> &'static str {
    match cadence {
        pb::Cadence::Unspecified => "",
        pb::Cadence::Monthly => "month",
        pb::Cadence::Quarterly => "quarter",
        pb::Cadence::Yearly => "year",
    }
}

/// A size as a person reads it: `512 MB`.
pub fn bytes_text(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    let mut value = bytes.max(0) as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit < UNITS.len() - 1 {
        value /= 1024.0;
        unit += 1;
    }
    match value < 10.0 && value.fract() > 0.04 {
        true => format!("{value:.1} {}", UNITS[unit]),
        false => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A line of a log as [`crate::LogView`] shows it.
pub fn log_line(line: pb::LogLine) -> LogLine {
    LogLine {
        number: u64::try_from(line.sequence).unwrap_or(0),
        at: millis(&line.time).unwrap_or(0),
        text: line.text,
    }
}

/// The steps of an operation as [`crate::StepList`] shows them.
pub fn operation_steps(operation: &pb::Operation) -> Vec<Step> {
    let step = |step: &pb::OperationStep| Step {
        title: step.title.clone(),
        state: match step.state() {
            pb::OperationStepState::Unspecified | pb::OperationStepState::Pending => StepState::Queued,
            pb::OperationStepState::Running => StepState::Running,
            pb::OperationStepState::Succeeded => StepState::Done,
            pb::OperationStepState::Failed => StepState::Failed,
            pb::OperationStepState::Undone => StepState::Undone,
        },
        message: step.message.clone(),
        started: millis(&step.start_time),
        ended: millis(&step.end_time),
    };
    operation.steps.iter().map(step).collect()
}

/// Whether an operation has ended.
pub fn has_ended(state: pb::OperationState) -> bool {
    use pb::OperationState::{Failed, NeedsOperator, Succeeded};
    matches!(state, Succeeded | Failed | NeedsOperator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_percentages() {
        for (ppm, text) in [
            (100_000, "10 %"),
            (125_000, "12.5 %"),
            (1, "0.0001 %"),
            (0, "0 %"),
            (1_000_000, "100 %"),
        ] {
            assert_eq!(rate_text(ppm), text);
        }
    }

    #[test]
    fn rates_are_read_without_rounding() {
        for (text, ppm) in [("12.5", 125_000), ("12,5 %", 125_000), ("0", 0), ("100%", 1_000_000), ("0.0001", 1)] {
            assert_eq!(parse_rate(text), Ok(ppm));
        }
        for text in ["", "-1", "101", "1.23456", "ten", "1.2.3", "."] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_have_the_unit_that_fits() {
        for (bytes, text) in [
            (512 << 20, "512 MB"),
            (1536 << 20, "1.5 GB"),
            (0, "0 KB"),
            (64 << 30, "64 GB"),
            (2048, "2 KB"),
        ] {
            assert_eq!(bytes_text(bytes), text);
        }
    }

    #[test]
    fn moments_keep_their_milliseconds() {
        assert_eq!(millis(&Some(timestamp(1_795_157_701_250))), Some(1_795_157_701_250));
        assert_eq!(millis(&Some(timestamp(-1))), Some(-1));
        assert_eq!(millis(&None), None);
    }

    #[test]
    fn amounts_stand_beside_each_other() {
        let money = |minor_units, code: &str| pb::Money {
            currency_code: code.into(),
            minor_units,
        };
        assert_eq!(amounts_text(&[money(100, "EUR"), money(5, "JPY")]), "1.00 EUR + 5 JPY");
        assert_eq!(amounts_text(&[]), "\u{2013}");
    }
}
