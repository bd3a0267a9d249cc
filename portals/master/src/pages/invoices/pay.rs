//! Recording a payment that was received by hand.

use leptos::prelude::*;
use portal_app::{Me, failure};
use portal_client::pb;
use portal_ui::{
    Dialog, DialogActions, Failure, Form, FormState, MoneyField, SelectField, TextField, Toasts, Violations, amount_text, bind, day_start,
    decimal, iso, now, parse_money, timestamp,
    view::{invoice_name, payment_method},
};

/// What is typed in, and the invoice that it is for.
#[derive(Clone, Debug, Default, PartialEq)]
struct PaymentInput {
    invoice: pb::Invoice,
    amount: String,
    /// The name of the method in the contract.
    method: String,
    reference: String,
    /// The day as `2026-11-20`.
    received: String,
    /// The day that it is.
    today: String,
}

const METHODS: [pb::PaymentMethod; 4] = [
    pb::PaymentMethod::BankTransfer,
    pb::PaymentMethod::Cash,
    pb::PaymentMethod::Cheque,
    pb::PaymentMethod::Other,
];

impl PaymentInput {
    /// All that is left to pay, received today by bank transfer.
    fn new(invoice: pb::Invoice, today: String) -> Self {
        let due = invoice.amount_due.clone().unwrap_or_default();
        Self {
            invoice,
            amount: decimal(due.minor_units, &due.currency_code),
            method: pb::PaymentMethod::BankTransfer.as_str_name().into(),
            reference: String::new(),
            received: today.clone(),
            today,
        }
    }
}

impl TryFrom<PaymentInput> for pb::Payment {
    type Error = Violations;

    fn try_from(input: PaymentInput) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        let due = input.invoice.amount_due.unwrap_or_default();
        let minor_units = match parse_money(&input.amount, &due.currency_code) {
            Ok(units) if (1..=due.minor_units).contains(&units) => units,
            Ok(_) => {
                let most = amount_text(&Some(due.clone()));
                wrong.push((
                    "payment.amount".into(),
                    format!("Enter more than zero and at most {most}, which is left to pay."),
                ));
                0
            }
            Err(message) => {
                wrong.push(("payment.amount".into(), message));
                0
            }
        };
        if input.reference.trim().chars().count() > 100 {
            wrong.push(("payment.reference".into(), "Use at most 100 characters.".into()));
        }
        // Days in this form stand in the order of the calendar.
        let day = day_start(&input.received).filter(|_| input.received <= input.today);
        if day.is_none() {
            wrong.push(("payment.receive_time".into(), "Choose a day that is not in the future.".into()));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        // Today means now; an earlier day is taken at noon.
        let earlier = day.filter(|_| input.received != input.today);
        Ok(Self {
            invoice_id: input.invoice.id,
            amount: Some(pb::Money {
                minor_units,
                currency_code: due.currency_code,
            }),
            method: pb::PaymentMethod::from_str_name(&input.method).unwrap_or_default().into(),
            reference: input.reference.trim().to_owned(),
            receive_time: earlier.map(|day| timestamp(day + 43_200_000)),
            ..Self::default()
        })
    }
}

/// The dialog for the invoice, while there is one.
#[component]
pub fn PayDialog(
    /// The invoice to be paid.
    invoice: RwSignal<Option<pb::Invoice>>,
    /// A payment was recorded.
    #[prop(into)]
    on_paid: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(invoice.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && invoice.with_untracked(Option::is_some) {
            invoice.set(None);
        }
    });
    view! {
        <Dialog open=open title="Record a payment">
            {move || invoice.get().map(|invoice| view! { <PayForm invoice=invoice open=open on_paid=on_paid /> })}
        </Dialog>
    }
}

#[component]
fn PayForm(invoice: pb::Invoice, open: RwSignal<bool>, on_paid: Callback<()>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let currency = invoice.amount_due.clone().unwrap_or_default().currency_code;
    let text = format!(
        "For invoice {}: {} is left to pay.",
        invoice_name(&invoice),
        amount_text(&invoice.amount_due)
    );
    let today = iso(now())[..10].to_owned();
    // Of two who record the same transfer at once, one is told.
    let etag = invoice.etag.clone();
    let form = RwSignal::new(PaymentInput::new(invoice, today));
    let state = FormState::new(move || pb::Payment::try_from(form.get_untracked()).err().unwrap_or_default());
    let action = move || {
        let payment = pb::Payment::try_from(form.get_untracked());
        let (request_id, etag) = (state.request_id(), etag.clone());
        async move {
            let payment = payment.map_err(|violations| Failure {
                violations,
                ..Failure::default()
            })?;
            let request = pb::RecordPaymentRequest {
                request_id,
                payment: Some(payment),
                etag,
            };
            me.client().master().record_payment(request).await.map_err(failure)?;
            toasts.done("Payment recorded");
            on_paid.run(());
            open.set(false);
            Ok(())
        }
    };
    let methods = METHODS
        .map(|method| (method.as_str_name().to_owned(), payment_method(method).to_owned()))
        .to_vec();
    view! {
        <Form state=state action=action unguarded=true>
            <p class="dialog-text">{text}</p>
            <div class="field-row">
                <MoneyField label="Amount" path="payment.amount" value=bind!(form.amount) currency=Signal::stored(currency) />
                <TextField label="Received" path="payment.receive_time" kind="date" value=bind!(form.received) />
            </div>
            <SelectField label="Paid by" path="payment.method" value=bind!(form.method) options=Signal::stored(methods) />
            <TextField
                label="Reference"
                path="payment.reference"
                optional=true
                hint="The payer\u{2019}s or the bank\u{2019}s."
                value=bind!(form.reference)
            />
            <DialogActions open=open submit="Record payment" />
        </Form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> PaymentInput {
        let invoice = pb::Invoice {
            id: "inv_1".into(),
            amount_due: Some(pb::Money {
                currency_code: "KWD".into(),
                minor_units: 12_500,
            }),
            ..Default::default()
        };
        PaymentInput::new(invoice, "2026-11-20".into())
    }

    #[test]
    fn all_that_is_left_is_paid_now_unless_said_otherwise() {
        let payment = pb::Payment::try_from(input()).expect("nothing is wrong");
        assert_eq!(payment.amount.map(|amount| amount.minor_units), Some(12_500));
        assert_eq!(payment.receive_time, None);
        let earlier = PaymentInput {
            received: "2026-11-19".into(),
            ..input()
        };
        let payment = pb::Payment::try_from(earlier).expect("nothing is wrong");
        assert_eq!(
            payment.receive_time.map(|at| at.seconds),
            day_start("2026-11-19").map(|at| at / 1000 + 43_200)
        );
    }

    #[test]
    fn neither_more_than_is_due_nor_a_day_to_come() {
        let wrong = PaymentInput {
            amount: "12.501".into(),
            received: "2026-11-21".into(),
            ..input()
        };
        let wrong = pb::Payment::try_from(wrong).expect_err("two fields are wrong");
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["payment.amount", "payment.receive_time"]);
    }
}
