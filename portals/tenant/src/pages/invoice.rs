//! One invoice: what it is for, and how it was paid.

use leptos::prelude::*;
use portal_app::{LoadObject, Me, load, load_object};
use portal_client::pb;
use portal_ui::{
    Breadcrumb, Card, EmptyState, Icon, Load, Notice, PageHeading, SkeletonCard, Tone, amount_text,
    view::{InvoiceBadges, InvoiceFacts, InvoiceLines, PaymentsTable, invoice_name},
};

/// The page.
#[component]
pub fn InvoicePage(
    /// The invoice.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let invoice_id = id.clone();
    let invoice = load_object(move || {
        let invoice_id = invoice_id.clone();
        async move { me.get_invoice(pb::GetInvoiceRequest { invoice_id }).await }
    });
    view! {
        <LoadObject data=invoice what="The invoice" let:invoice>
            <Shown invoice=invoice />
        </LoadObject>
    }
}

#[component]
fn Shown(invoice: Signal<pb::Invoice>) -> impl IntoView {
    let me = Me::here();
    let title = Signal::derive(move || format!("Invoice {}", invoice.with(invoice_name)));
    let badge = move || {
        let (state, overdue) = invoice.with(|it| (it.state(), it.overdue));
        view! { <InvoiceBadges state=state overdue=overdue /> }
    };
    let lines = move || {
        let it = invoice.get();
        view! { <InvoiceLines lines=it.lines total=it.total paid=it.amount_paid due=it.amount_due /> }
    };
    view! {
        <Breadcrumb links=vec![("Invoices".into(), "/tenant/invoices".into())] current=Signal::derive(move || invoice.with(invoice_name)) />
        <PageHeading title=title badge=move || view! { {badge} } />
        <div class="stack">
            {move || how_to_pay(&invoice.get())}
            <Card>{move || view! { <InvoiceFacts invoice=invoice.get() /> }}</Card>
            <Card title="Lines" flush=true>
                {lines}
            </Card>
            {move || me.may("ListPayments").then(|| view! { <Payments invoice_id=invoice.with(|it| it.id.clone()) /> })}
        </div>
    }
}

/// What to do about an invoice that is not paid.
fn how_to_pay(invoice: &pb::Invoice) -> Option<AnyView> {
    let owed = matches!(invoice.state(), pb::InvoiceState::Open | pb::InvoiceState::PartlyPaid);
    let due = amount_text(&invoice.amount_due);
    owed.then(|| {
        let (tone, title) = match invoice.overdue {
            true => (Tone::Warning, format!("This invoice is overdue: {due} is left to pay")),
            false => (Tone::Info, format!("{due} is left to pay")),
        };
        let number = invoice.number.clone();
        view! {
            <Notice tone=tone title=title>
                <p>
                    "Pay by bank transfer to your provider and give the number "
                    <strong class="font-semibold">{number}</strong>
                    " as the reference. The payment appears here when your provider has received it."
                </p>
            </Notice>
        }
        .into_any()
    })
}

#[component]
fn Payments(invoice_id: String) -> impl IntoView {
    let me = Me::here();
    let payments = load(move || {
        let request = pb::ListPaymentsRequest {
            page_size: 200,
            filter: format!("invoice_id = \"{invoice_id}\""),
            ..Default::default()
        };
        async move { Ok(me.list_payments(request).await?.payments) }
    });
    let skeleton = ViewFn::from(|| view! { <SkeletonCard lines=2 /> });
    view! {
        <Load data=payments what="The payments" skeleton=skeleton let:payments>
            <Card title="Payments" flush=true>
                {move || match payments.get() {
                    payments if payments.is_empty() => {
                        view! {
                            <EmptyState
                                icon=Icon::Card
                                title="No payments yet"
                                text="A payment appears here when your provider has received the money."
                            />
                        }
                            .into_any()
                    }
                    payments => view! { <PaymentsTable payments=payments /> }.into_any(),
                }}
            </Card>
        </Load>
    }
}
