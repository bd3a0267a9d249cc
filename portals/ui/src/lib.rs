//! Components of the portals: what another product's console could use as well, and how messages of the contract are shown. They know no RPC,
//! no router and no global state; texts, data and addresses come in as properties, and everything that happens goes out through a
//! [`Callback`](leptos::prelude::Callback).
//!
//! # Start and frame
//! ```text
//! fn main() { portal_ui::start(report_panic, App) }
//!
//! view! {
//!     <Shell brand=brand nav=nav current=use_location().pathname account=account
//!            account_links=vec![AccountLink { label: "Change password", href: "/master/password", icon: Icon::Key }]
//!            on_sign_out=move |()| sign_out()>
//!         <Routes ..>..</Routes>
//!     </Shell>
//!     <PageHeading title="Tenants" count=Signal::derive(|| Some("12".into()))>
//!         <a class="btn btn-primary" href="/master/tenants/new"><IconView icon=Icon::Plus/>"New tenant"</a>
//!     </PageHeading>
//!     <Card title="Key facts" action=|| view! { <a class="link" href="/master/plans">"All plans"</a> }> .. </Card>
//! }
//! ```
//! Addresses are complete (`/master/tenants`): a router follows plain links by itself. The router's own `navigate` puts the base in front
//! unless it is told `NavigateOptions { resolve: false, .. }`.
//!
//! # Data
//! [`Remote`] is data that was asked for; [`Load`] shows it. Of several answers only the last counts, and the old value stays meanwhile.
//! ```text
//! // `remote.map(|value| ..)`: the same data in another form, for a tile or a chart
//! let plan = Remote::load(move || { let id = id.get(); async move { client.get_plan(id).await.map_err(failure) } });
//! view! { <Load data=plan what="The plan" let:plan> <p>{move || plan.get().name}</p> </Load> }   // `plan` is a Signal<Plan>
//! plan.reload();  plan.set(new_value);  plan.update(|plan| plan.name = "...".into());            // live streams use the last two
//! ```
//! A [`Failure`] is made by the app from its error type: message, request id, violations by proto path, `uncertain` when no answer came.
//!
//! # Lists
//! The address is the only state: search, filters, order, page and page size come from it and go back into it.
//! ```text
//! let options = NavigateOptions { resolve: false, scroll: false, ..Default::default() };
//! let list = ListState::new("tenants", use_location().search, move |query| navigate(&format!("/master/tenants{query}"), options.clone()));
//! let tenants = Remote::load(move || {
//!     let request = ListTenantsRequest { page_size: list.page_size() as i32, page_token: list.page_token(),
//!                                        order_by: list.order_by(), filter: filter_text(list.search(), list.filter("state")) };
//!     async move { Ok(Rows { items, total, next }) }
//! });
//! <ListToolbar list=list search="Search tenants" filters=vec![Filter::choice("state", "State", [("ACTIVE", "Active"), ..]),
//!                                                             Filter::days("created", "Created")] />
//! <Table list=list data=tenants label="tenants" filters=&["state", "created"] key=|t: &Tenant| t.id.clone()
//!        columns=vec![Column::new("Name", |t: &Tenant| t.name.clone()).sorted_by("display_name"),
//!                     Column::new("State", |t: &Tenant| view! { <StateBadge state=t.state().as_str_name().to_string() /> }),
//!                     Column::new("Revenue", |t: &Tenant| view! { <MoneyText .. /> }).numeric()]
//!        href=|t: &Tenant| format!("/master/tenants/{}", t.id)
//!        menu=Some(Callback::new(move |t: Tenant| vec![MenuItem::new("Suspend", Icon::Pause, move || ..)]))
//!        empty=|| view! { <EmptyState icon=Icon::Building title="No tenants yet" text="..."> <a class="btn btn-primary" ..>..</a> </EmptyState> } />
//! ```
//! [`ListState::local`] keeps its state to itself, for a list inside a page.
//!
//! # Forms
//! The values are a plain struct in one signal; one pure function checks it, natively tested. Server remarks land by the same paths.
//! ```text
//! let form = RwSignal::new(NewPlan::default());
//! let state = FormState::new(move || CreatePlanRequest::try_from(form.get_untracked()).err().unwrap_or_default());   // Violations
//! let action = move || async move {                            // Result<(), Failure>; runs once per try, never twice at once
//!     let plan = client.create_plan(request(form, state.request_id())).await.map_err(failure)?;
//!     state.settle();                                          // saved: leaving asks no question
//!     navigate(&format!("/master/plans/{}", plan.id));
//!     Ok(())
//! };
//! <div class="page-narrow"><Form state=state action=action>
//!     <FormSection title="Plan" hint="What customers see.">
//!         <TextField label="Name" path="plan.display_name" value=bind!(form.name) hint="Shown on invoices." />
//!         <div class="field-row"> <SelectField label="Cadence" path="plan.cadence" value=bind!(form.cadence) options=options /> ..
//!             <MoneyField label="Price" path="plan.price" value=bind!(form.price) currency=currency /> </div>
//!         <CheckField label=".." value=bind!(form.trial) />  <TextArea ../>  <TextArea code=true ../>   // `code`: of one width, for rules and scripts
//!         <PasswordField label="Password" path="password" value=bind!(form.password) autocomplete="current-password" />
//!     </FormSection>
//!     <FormActions submit="Create plan" cancel="/master/plans" />
//! </Form></div>
//! ```
//! `state.ask(future)` has the server check the values without saving them. [`ColorField`] takes a colour. `unguarded=true when_refused="Sign-in failed"` for a sign-in; [`DialogActions`] inside a
//! dialog. [`parse_money`] reads what a [`MoneyField`] holds.
//!
//! # Dialogs and messages
//! ```text
//! let open = RwSignal::new(false);
//! <Dialog open=open title="Record a payment"> <Form ..> .. <DialogActions open=open submit="Record payment" /> </Form> </Dialog>
//! <ConfirmDialog open=open title="Delete Acme Fiber?" confirm="Delete tenant" name=Some(name) action=move || async move { .. Ok(()) }>
//!     <p>"What is lost: .."</p>
//! </ConfirmDialog>                                             // without `name` nothing is typed; `harmless=true` for the accent
//! let toasts = Toasts::provide();  <ToastRegion toasts=toasts />                // once, in the app
//! Toasts::here().done("Saved");  .failed("..");  .undoable("Tenant deleted", move || undelete());
//! <SignInAgain open=expired> <Form ..> </SignInAgain>
//! ```
//!
//! # Details, live data, numbers
//! ```text
//! <Breadcrumb links=vec![("Tenants".into(), "/master/tenants".into())] current=name />
//! <Facts> <Fact label="Plan"> .. </Fact> <Fact label="Id"> <CopyId value=id label="tenant id" /> </Fact> </Facts>
//! <Tabs label="Tenant" tabs=vec![Tab { id: "overview", label: "Overview" }, ..] current=tab on_select=go panel=|id| ..any_view />
//! <StateBadge state=name />  <MoneyText minor_units=i64 currency=code />  <TimeText at=millis />  <DateText day="2026-11-20" />
//! <StepList steps=steps />  <ReconnectingBanner state=live on_retry=.. />
//! let lines = LogLines::new();  lines.push([LogLine { number, at, text }]);  <LogView lines=lines label="Instance log" />
//! <div class="kpi-grid"> <KpiTile label="Active tenants" data=remote_kpi href="/master/tenants?state=ACTIVE" /> .. </div>
//! <LineChart label="Memory of the last hour" data=remote_series format=|v: f64| format!("{v:.0} MB") />   // `by_day=true` for days, `by_month=true` for months
//! <StackBar label="Tenants by state" parts=parts />  <Meter label="Memory" permille=412 text="211 MB of 512 MB" />
//! ```
//!
//! [`view`] shows messages of the contract that several portals have: the facts of an instance, the lines of an invoice,
//! how a commission came about.
//!
//! # Classes for pages
//! `btn` with `btn-primary`, `btn-danger`, `btn-ghost`, `btn-sm`, `btn-square`; `link`; `stack` (cards below each other), `grid-2` (beside each
//! other from 1024 px), `kpi-grid`, `page-narrow` (the 560 px of a form), `field-row` (two fields beside each other),
//! `sign-in`, `sign-in-brand`, `sign-in-card` (the page before the shell), `num` (right-aligned, tabular). Tailwind's utilities work too; the sizes of text
//! are `text-xs` 12, `text-sm` 14, `text-base` 16, `text-lg` 20, `text-xl` 28. Colours: `text-muted`, `text-primary-ink`, `bg-base-200`,
//! `border-line`, and for states `text-success-ink bg-success-soft` (also `warning`, `error`, `info`). No `style=`: the content security policy refuses it.

mod badge;
mod chart;
mod copy;
mod dialog;
pub mod dom;
mod empty;
mod facts;
mod failure;
mod form;
mod icon;
mod intl;
mod list;
mod live;
mod load;
mod menu;
mod message;
mod money;
mod page;
mod popover;
mod remote;
mod shell;
mod start;
mod time;
mod toast;
pub mod view;

pub use badge::{Badge, StateBadge, state_tone, state_word};
pub use chart::{Delta, Kpi, KpiTile, LineChart, Meter, Part, Series, StackBar, Tile, delta, short_number};
pub use copy::CopyId;
pub use dialog::{ConfirmDialog, Dialog, DialogActions, SignInAgain};
pub use empty::EmptyState;
pub use facts::{Breadcrumb, Fact, Facts, Tab, Tabs};
pub use failure::{Failure, FailureNotice, Notice, Tone, Violations};
pub use form::{
    Bind, CheckField, ColorField, Field, FieldParts, Form, FormActions, FormSection, FormState, MoneyField, PasswordField, SelectField,
    SubmitButton, TextArea, TextField, is_color, takes_white,
};
pub use icon::{Icon, IconView};
pub use list::{Column, Filter, ListState, ListToolbar, Query, Rows, Sort, Table, day_range, grouped};
pub use live::{LiveState, LogLine, LogLines, LogView, ReconnectingBanner, Step, StepList, StepState};
pub use load::{Load, SkeletonCard, SkeletonDashboard, SkeletonLines, SkeletonPage};
pub use menu::{MenuItem, RowMenu};
pub use message::{
    Amount, Amounts, When, amount_text, amounts_text, bytes_text, cadence_word, dash, has_ended, log_line, millis, operation_steps,
    parse_rate, rate_text, role_word, timestamp,
};
pub use money::{CURRENCIES, MoneyText, currency_digits, decimal, money_text, parse_money};
pub use page::{Card, PageHeading};
pub use remote::Remote;
pub use shell::{Account, AccountLink, Brand, BrandMark, NavGroup, NavItem, Shell, ThemeSwitch};
pub use start::{PanicReport, start};
pub use time::{
    DateText, TimeText, Zone, absolute, clock_text, date_text, day_start, duration_text, iso, now, own_zone, relative, time_zones,
};
pub use toast::{ToastRegion, Toasts};
