//! One invoice: what it is for, how it was paid, who earned on it.

use leptos::prelude::*;
use portal_app::{LoadObject, Me, load, load_object};
use portal_client::pb;
use portal_ui::{
    Breadcrumb, Card, EmptyState, Icon, IconView, Load, PageHeading, Remote, SkeletonCard,
    view::{InvoiceBadges, InvoiceFacts, InvoiceLines, PaymentsTable, invoice_name},
};

use super::{is_owed, pay::PayDialog};
use crate::names::NameOf;

/// The page.
#[component]
pub fn InvoicePage(
    /// The invoice.
    id: String,
) -> impl IntoView {
    let me = Me::here();
    let invoice = load_object(move || {
        let invoice_id = id.clone();
        async move { me.get_invoice(pb::GetInvoiceRequest { invoice_id }).await }
    });
    view! {
        <LoadObject data=invoice what="The invoice" let:now>
            <Shown data=invoice invoice=now />
        </LoadObject>
    }
}

#[component]
fn Shown(data: Remote<pb::Invoice>, invoice: Signal<pb::Invoice>) -> impl IntoView {
    let me = Me::here();
    let title = Signal::derive(move || format!("Invoice {}", invoice.with(invoice_name)));
    let badge = move || {
        let (state, overdue) = invoice.with(|it| (it.state(), it.overdue));
        view! { <InvoiceBadges state=state overdue=overdue /> }
    };
    let tenant_id = invoice.with_untracked(|it| it.tenant_id.clone());
    let tenant = format!("/master/tenants/{tenant_id}");
    let lines = move || {
        let it = invoice.get();
        view! { <InvoiceLines lines=it.lines total=it.total paid=it.amount_paid due=it.amount_due /> }
    };
    let paying = RwSignal::new(None::<pb::Invoice>);
    let can_pay = Memo::new(move |_| invoice.with(is_owed) && me.may("RecordPayment"));
    view! {
        <Breadcrumb links=vec![("Invoices".into(), "/master/invoices".into())] current=Signal::derive(move || invoice.with(invoice_name)) />
        <PageHeading title=title badge=move || view! { {badge} }>
            <Show when=move || can_pay.get()>
                <button type="button" class="btn btn-primary" on:click=move |_| paying.set(Some(invoice.get_untracked()))>
                    <IconView icon=Icon::Card />
                    "Record payment"
                </button>
            </Show>
        </PageHeading>
        <p class="page-context">
            "For "
            <a class="link" href=tenant>
                <NameOf id=tenant_id />
            </a>
        </p>
        <div class="stack">
            <Card>{move || view! { <InvoiceFacts invoice=invoice.get() /> }}</Card>
            <Card title="Lines" flush=true>
                {lines}
            </Card>
            {me.may("ListPayments").then(|| view! { <Payments invoice=invoice /> })}
        </div>
        <PayDialog invoice=paying on_paid=move |()| data.reload() />
    }
}

#[component]
fn Payments(invoice: Signal<pb::Invoice>) -> impl IntoView {
    let me = Me::here();
    // A payment changes the invoice, and with it the list.
    let version = Memo::new(move |_| invoice.with(|it| (it.id.clone(), it.etag.clone())));
    let payments = load(move || {
        let request = pb::ListPaymentsRequest {
            page_size: 200,
            filter: format!("invoice_id = {}", version.get().0),
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
                            <EmptyState icon=Icon::Card title="No payments yet" text="Record a payment when you have received the money." />
                        }
                            .into_any()
                    }
                    payments => view! { <PaymentsTable payments=payments /> }.into_any(),
                }}
            </Card>
        </Load>
    }
}
