//! Components of the portals: what another product's console could use as well. They know no RPC, no router and no global state;
//! texts, data and addresses come in as properties, and everything that happens goes out through a [`Callback`](leptos::prelude::Callback).
//!
//! # Start and frame
//! ```ignore
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
//! Addresses are complete (`/master/tenants`): a router follows plain links by itself.
//!
//! # Classes for pages
//! `btn` with `btn-primary`, `btn-danger`, `btn-ghost`, `btn-sm`, `btn-square`; `link`; `stack` (cards below each other), `grid-2` (beside each
//! other from 1024 px), `page-narrow` (the 560 px of a form), `num` (right-aligned, tabular). Tailwind's utilities work too; the sizes of text
//! are `text-xs` 12, `text-sm` 14, `text-base` 16, `text-lg` 20, `text-xl` 28. Colours: `text-muted`, `text-primary-ink`, `bg-base-200`,
//! `border-line`, and for states `text-success-ink bg-success-soft` (also `warning`, `error`, `info`). No `style=`: the content security policy refuses it.

mod badge;
pub mod dom;
mod empty;
mod failure;
mod icon;
mod intl;
mod list;
mod load;
mod menu;
mod money;
mod page;
mod popover;
mod remote;
mod shell;
mod start;
mod time;

pub use badge::{Badge, StateBadge, state_tone, state_word};
pub use empty::EmptyState;
pub use failure::{Failure, FailureNotice, Notice, Tone, Violations};
pub use icon::{Icon, IconView};
pub use list::{
    Column, Filter, ListState, ListToolbar, Query, Rows, Sort, Table, day_range, grouped,
};
pub use load::{Load, SkeletonCard, SkeletonLines};
pub use menu::{MenuItem, RowMenu};
pub use money::{MoneyText, currency_digits, decimal, money_text, parse_money};
pub use page::{Card, PageHeading};
pub use remote::Remote;
pub use shell::{Account, AccountLink, Brand, BrandMark, NavGroup, NavItem, Shell, ThemeSwitch};
pub use start::{PanicReport, start};
pub use time::{
    DateText, TimeText, Zone, absolute, clock_text, date_text, day_start, duration_text, iso, now,
    relative,
};
