//! Commissions: for what, and how the amount came about.

use leptos::prelude::*;
use tenantry_proto::v1 as pb;

use crate::message::{Amount, rate_text};

/// For what a commission was earned.
pub fn commission_kind(kind: pb::CommissionKind) -> &'static str {
    match kind {
        pb::CommissionKind::Unspecified => "",
        pb::CommissionKind::Initial => "First invoice",
        pb::CommissionKind::Recurring => "Recurring",
    }
}

/// How a commission came about, as a sum: what was collected, times the rate, is what was earned.
#[component]
pub fn CommissionSum(
    /// The commission.
    commission: pb::Commission,
) -> impl IntoView {
    let rate = match commission.kind() {
        pb::CommissionKind::Initial => "Rate on a customer\u{2019}s first invoice",
        _ => "Rate on every later invoice",
    };
    let version = format!("Version {} of the agreement", commission.agreement_version);
    let collected = format!("Collected on invoice {}", commission.invoice_number);
    view! {
        <dl class="sum">
            <div class="sum-line">
                <dt>
                    {collected}
                    <span class="sum-note">"What the customer paid with this one payment"</span>
                </dt>
                <dd class="num">
                    <Amount money=commission.base />
                </dd>
            </div>
            <div class="sum-line">
                <dt>
                    {rate}
                    <span class="sum-note">{version}</span>
                </dt>
                <dd class="num">{format!("\u{d7} {}", rate_text(commission.rate_ppm))}</dd>
            </div>
            <div class="sum-line sum-total">
                <dt>"Commission"</dt>
                <dd class="num">
                    <Amount money=commission.amount />
                </dd>
            </div>
        </dl>
        <p class="text-muted text-xs">
            "Over all payments of an invoice the commissions add up to exactly the rate times what was collected, so a single one may differ by the smallest unit of the currency."
        </p>
    }
}
