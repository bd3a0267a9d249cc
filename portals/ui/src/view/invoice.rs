//! Invoices: where they stand, what they are for, how they were paid.

use leptos::prelude::*;
use tenantry_proto::v1 as pb;

use crate::{
    badge::{Badge, StateBadge},
    copy::CopyId,
    facts::{Fact, Facts},
    failure::Tone,
    message::{Amount, When},
    time::{date_text, day_start, iso},
};

const DAY_MS: i64 = 86_400_000;

/// A period of days, given by its first day and the day after its last, as a person reads it: both days are part of it.
pub fn period_text(start: &str, end: &str) -> String {
    match day_start(end) {
        Some(end) => {
            let last = iso(end - DAY_MS);
            format!("{} \u{2013} {}", date_text(start), date_text(last.get(..10).unwrap_or_default()))
        }
        None => date_text(start),
    }
}

/// What an invoice is called; a draft has no number yet.
pub fn invoice_name(invoice: &pb::Invoice) -> String {
    match invoice.number.is_empty() {
        true => "Draft".to_owned(),
        false => invoice.number.clone(),
    }
}

/// How a payment was made, in words.
pub fn payment_method(method: pb::PaymentMethod) -> &'static str {
    match method {
        pb::PaymentMethod::Unspecified => "Not given",
        pb::PaymentMethod::BankTransfer => "Bank transfer",
        pb::PaymentMethod::Cash => "Cash",
        pb::PaymentMethod::Cheque => "Cheque",
        pb::PaymentMethod::Other => "Other",
    }
}

/// The state of an invoice, and whether it is overdue.
#[component]
pub fn InvoiceBadges(
    /// The state.
    state: pb::InvoiceState,
    /// Whether it should have been paid by now.
    overdue: bool,
) -> impl IntoView {
    view! {
        <span class="inline-flex flex-wrap gap-1">
            <StateBadge state=state.as_str_name() />
            {overdue.then(|| view! { <Badge text="Overdue" tone=Tone::Error /> })}
        </span>
    }
}

/// The key facts of an invoice.
#[component]
pub fn InvoiceFacts(
    /// The invoice.
    invoice: pb::Invoice,
) -> impl IntoView {
    view! {
        <Facts>
            <Fact label="Total"><Amount money=invoice.total /></Fact>
            <Fact label="Paid"><Amount money=invoice.amount_paid /></Fact>
            <Fact label="Left to pay"><strong class="font-semibold"><Amount money=invoice.amount_due /></strong></Fact>
            <Fact label="Period">{period_text(&invoice.period_start, &invoice.period_end)}</Fact>
            <Fact label="Issued"><When at=invoice.finalize_time /></Fact>
            <Fact label="Due"><When at=invoice.due_time /></Fact>
            {invoice.paid_time.map(|at| view! { <Fact label="Paid in full"><When at=Some(at) /></Fact> })}
            <Fact label="Id"><CopyId value=invoice.id label="invoice id" /></Fact>
        </Facts>
    }
}

/// The part of a period that a line charges; nothing where it charges all of it.
fn days_text(line: &pb::InvoiceLine) -> Option<String> {
    (line.days != line.period_days).then(|| format!("{} of {} days", line.days, line.period_days))
}

/// The lines of an invoice with their sum.
#[component]
pub fn InvoiceLines(
    /// The lines.
    lines: Vec<pb::InvoiceLine>,
    /// Their sum.
    total: Option<pb::Money>,
    /// What was paid.
    paid: Option<pb::Money>,
    /// What is left to pay.
    due: Option<pb::Money>,
) -> impl IntoView {
    let row = |line: pb::InvoiceLine| {
        let note = days_text(&line).map(|text| view! { <span class="sum-note">{text}</span> });
        view! {
            <tr>
                <th scope="row" class="document-name">
                    {line.description}
                    {note}
                </th>
                <td class="num">{line.quantity.to_string()}</td>
                <td class="num">
                    <Amount money=line.unit_amount />
                </td>
                <td class="num">
                    <Amount money=line.amount />
                </td>
            </tr>
        }
    };
    let foot = |label: &'static str, money: Option<pb::Money>, strong: bool| {
        view! {
            <tr class:document-strong=strong>
                <th scope="row" colspan="3">
                    {label}
                </th>
                <td class="num">
                    <Amount money=money />
                </td>
            </tr>
        }
    };
    view! {
        <div class="document-region" role="region" aria-label="Lines of the invoice" tabindex="0">
            <table class="document">
                <thead>
                    <tr>
                        <th scope="col">"Description"</th>
                        <th scope="col" class="num">
                            "Quantity"
                        </th>
                        <th scope="col" class="num">
                            "Price"
                        </th>
                        <th scope="col" class="num">
                            "Amount"
                        </th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
                <tfoot>{foot("Total", total, false)} {foot("Paid", paid, false)} {foot("Left to pay", due, true)}</tfoot>
            </table>
        </div>
    }
}

/// The payments of an invoice.
#[component]
pub fn PaymentsTable(
    /// The payments; there is at least one.
    payments: Vec<pb::Payment>,
) -> impl IntoView {
    let row = |payment: pb::Payment| {
        let method = payment_method(payment.method());
        let reference = if payment.reference.is_empty() {
            "\u{2013}".to_owned()
        } else {
            payment.reference
        };
        view! {
            <tr>
                <th scope="row" class="document-name">
                    {method}
                </th>
                <td>{reference}</td>
                <td>
                    <When at=payment.receive_time />
                </td>
                <td class="num">
                    <Amount money=payment.amount />
                </td>
            </tr>
        }
    };
    view! {
        <div class="document-region" role="region" aria-label="Payments of the invoice" tabindex="0">
            <table class="document">
                <thead>
                    <tr>
                        <th scope="col">"Paid by"</th>
                        <th scope="col">"Reference"</th>
                        <th scope="col">"Received"</th>
                        <th scope="col" class="num">
                            "Amount"
                        </th>
                    </tr>
                </thead>
                <tbody>{payments.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_with_its_last_day() {
        assert_eq!(period_text("2026-02-01", "2026-03-01"), "2026-02-01 \u{2013} 2026-02-28");
        assert_eq!(period_text("2026-02-01", ""), "2026-02-01");
    }

    #[test]
    fn only_a_part_of_a_period_is_worth_a_word() {
        let line = |days| pb::InvoiceLine {
            days,
            period_days: 30,
            ..Default::default()
        };
        assert_eq!(days_text(&line(12)).as_deref(), Some("12 of 30 days"));
        assert_eq!(days_text(&line(30)), None);
    }
}
