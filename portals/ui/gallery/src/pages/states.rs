//! What is not on the other pages: waiting, failing, empty, and everything small.

use leptos::prelude::*;
use portal_ui::{
    Badge, Card, Column, ConfirmDialog, Dialog, DialogActions, EmptyState, Failure, Form, FormState, Icon, IconView, KpiTile, LineChart,
    ListState, LiveState, Load, Notice, PageHeading, ReconnectingBanner, Remote, Rows, Series, SignInAgain, StateBadge, Table, TextField,
    Toasts, Tone, bind,
};

fn failed<T: Clone + Send + Sync + 'static>() -> Remote<T> {
    let remote = Remote::empty();
    remote.answer(Err(Failure {
        message: "The server is busy. Try again in a moment.".into(),
        request_id: Some("req_0190a1b2c3d4".into()),
        ..Failure::default()
    }));
    remote
}

/// The page.
#[component]
pub fn States() -> impl IntoView {
    let words = [
        "active",
        "onboarding",
        "past_due",
        "suspended",
        "stopped",
        "failed",
        "deleted",
        "running",
        "starting",
        "unhealthy",
        "draft",
        "open",
        "paid",
        "void",
        "pending",
        "approved",
        "unknown",
    ];
    let toasts = Toasts::here();
    let rows = Remote::<Rows<String>>::empty();
    let none = Remote::empty();
    none.set(Rows {
        items: Vec::<String>::new(),
        total: 0,
        next: String::new(),
    });
    let table = move |data, name| {
        view! {
            <Table
                list=ListState::local(name)
                data=data
                label="rows"
                columns=vec![Column::new("Name", |row: &String| row.clone()), Column::new("State", |_| "x")]
                key=|row: &String| row.clone()
                empty=|| view! { <EmptyState title="No rows yet" text="A row is made by hand. Make the first one."><button type="button" class="btn btn-primary">"New row"</button></EmptyState> }
            />
        }
    };
    let icons = Icon::ALL
        .iter()
        .map(|icon| view! { <span class="grid place-items-center size-9 text-muted"><IconView icon=*icon /></span> });
    view! {
        <PageHeading title="States" />
        <div class="stack">
            <Card title="Words">
                <div class="flex flex-wrap gap-2">
                    {words.map(|word| view! { <StateBadge state=word /> }).into_iter().collect_view()} <Badge text="Admin" /> <Badge text="Trial" tone=Tone::Info />
                </div>
            </Card>
            <Card title="Buttons">
                <div class="flex flex-wrap gap-2">
                    <button type="button" class="btn btn-primary">"Create tenant"</button>
                    <button type="button" class="btn">"Restart"</button>
                    <button type="button" class="btn btn-ghost">"Clear all"</button>
                    <button type="button" class="btn btn-danger">"Suspend"</button>
                    <button type="button" class="btn btn-error">"Delete tenant"</button>
                    <button type="button" class="btn btn-primary" disabled=true>"Not now"</button>
                    <button type="button" class="btn btn-primary btn-sm">"Small"</button>
                </div>
            </Card>
            <Dialogs />
            <Card title="After a panic">
                <button type="button" class="btn btn-danger" on:click=|_| break_the_page()>
                    "Break this page"
                </button>
            </Card>
            <Card title="Messages">
                <div class="flex flex-wrap gap-2">
                    <button type="button" class="btn" on:click=move |_| toasts.done("Tenant suspended")>"Done"</button>
                    <button type="button" class="btn" on:click=move |_| toasts.failed("The tenant could not be suspended")>"Failed"</button>
                    <button type="button" class="btn" on:click=move |_| toasts.undoable("Acme Fiber deleted", move || toasts.done("Acme Fiber is back"))>"With undo"</button>
                </div>
            </Card>
            <Notice tone=Tone::Info title="The instance is on its way down">"This takes up to 30 seconds."</Notice>
            <Notice tone=Tone::Success title="The tenant is ready" />
            <Notice tone=Tone::Warning title="The subscription is past due">"The instance is suspended in 5 days."</Notice>
            <ReconnectingBanner state=Signal::stored(LiveState::Reconnecting { seconds: 4 }) on_retry=|()| () />
            <div class="grid-2">
                <Load data={Remote::<String>::empty()} what="The tenant" let:value>{move || value.get()}</Load>
                <Load data={failed::<String>()} what="The tenant" let:value>{move || value.get()}</Load>
            </div>
            <div class="kpi-grid">
                <KpiTile label="Waiting" data=Remote::empty() href="/gallery/tenants" />
                <KpiTile label="Failed" data=failed() href="/gallery/tenants" />
            </div>
            <div class="grid-2">
                <Card title="Waiting"><LineChart label="Waiting" data=Remote::empty() format=|value: f64| format!("{value}") /></Card>
                <Card title="Without values"><LineChart label="Without values" data={ let none = Remote::empty(); none.set(Vec::<Series>::new()); none } format=|value: f64| format!("{value}") /></Card>
            </div>
            {table(rows, "waiting")}
            {table(none, "none")}
            {table(failed(), "failed")}
            <Card title="Icons"><div class="flex flex-wrap">{icons.collect_view()}</div></Card>
        </div>
    }
}

/// Does what only a mistake in a page would do.
fn break_the_page() {
    let nothing: Vec<u8> = Vec::new();
    leptos::logging::log!("{}", nothing[nothing.len()]);
}

#[derive(Clone, Default)]
struct Payment {
    reference: String,
}

#[component]
fn Dialogs() -> impl IntoView {
    let (plain, form, typed, session) = (
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    view! {
        <Card title="Dialogs">
            <div class="flex flex-wrap gap-2">
                <button type="button" class="btn" on:click=move |_| plain.set(true)>"Confirm"</button>
                <button type="button" class="btn" on:click=move |_| form.set(true)>"With a form"</button>
                <button type="button" class="btn" on:click=move |_| typed.set(true)>"Type the name"</button>
                <button type="button" class="btn" on:click=move |_| session.set(true)>"Session ended"</button>
            </div>
        </Card>
        <ConfirmDialog open=plain title="Restart the instance?" confirm="Restart" harmless=true action=|| async { Ok(()) }>
            <p>"Its subscribers cannot sign in for a few seconds."</p>
        </ConfirmDialog>
        <ConfirmDialog open=typed title="Delete Acme Fiber?" confirm="Delete tenant" name=Signal::stored(Some("Acme Fiber".to_owned())) action=|| async { Err(Failure::new("The tenant has an open invoice.")) }>
            <p>"The subscribers and all other data of the instance are gone after 30 days."</p>
        </ConfirmDialog>
        <Dialog open=form title="Record a payment">
            {
                let payment = RwSignal::new(Payment::default());
                let state = FormState::new(Vec::new);
                view! {
                    <Form state=state action=move || async move { form.set(false); Ok(()) } unguarded=true>
                        <TextField label="Reference" value=bind!(payment.reference) hint="As on the bank statement." />
                        <DialogActions open=form submit="Record payment" />
                    </Form>
                }
            }
        </Dialog>
        <SignInAgain open=session>
            <div class="dialog-actions"><button type="button" class="btn btn-primary" on:click=move |_| session.set(false)>"Sign in"</button></div>
        </SignInAgain>
    }
}
