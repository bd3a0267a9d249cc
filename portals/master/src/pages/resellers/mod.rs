//! Resellers: who they are, what they earn.

mod detail;
mod form;
mod input;
mod list;

pub use detail::ResellerPage;
pub use form::{EditReseller, NewReseller};
pub use list::Resellers;

use portal_client::pb;
use portal_ui::rate_text;

/// The terms in one line: `10 %, then 5 % for 12 invoices`.
fn terms_text(agreement: &pb::CommissionAgreement) -> String {
    let first = rate_text(agreement.initial_rate_ppm);
    let later = rate_text(agreement.recurring_rate_ppm);
    match agreement.recurring_invoices {
        _ if agreement.recurring_rate_ppm == 0 => format!("{first} of the first invoice"),
        0 => format!("{first}, then {later}"),
        1 => format!("{first}, then {later} of one invoice"),
        count => format!("{first}, then {later} of {count} invoices"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_one_line() {
        let terms = |recurring_rate_ppm, recurring_invoices| {
            terms_text(&pb::CommissionAgreement {
                initial_rate_ppm: 200_000,
                recurring_rate_ppm,
                recurring_invoices,
                ..Default::default()
            })
        };
        assert_eq!(terms(50_000, 12), "20 %, then 5 % of 12 invoices");
        assert_eq!(terms(50_000, 0), "20 %, then 5 %");
        assert_eq!(terms(0, 12), "20 % of the first invoice");
    }
}
