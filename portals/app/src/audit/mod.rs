//! The audit log: who changed what, how it was before, and what was refused.

mod details;
mod export;
mod words;

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Badge, Column, CopyId, Dialog, EmptyState, Filter, Icon, ListState, ListToolbar, Rows, Table, Tone, When};

use crate::{list::Filters, load::load, me::Me};
use details::Details;
use export::Export;
use words::{RESULTS, action_names, action_words, actor, result_words};

/// What entries are about, as the server names it and as a person reads it.
const KINDS: [(&str, &str); 9] = [
    ("tenant", "Tenant"),
    ("tenant settings", "Settings"),
    ("deployment", "Instance"),
    ("subscription", "Subscription"),
    ("invoice", "Invoice"),
    ("payment", "Payment"),
    ("user", "User"),
    ("membership", "Role"),
    ("operation", "Operation"),
];

/// The same, of what only the vendor has.
const VENDOR_KINDS: &[(&str, &str)] = &[
    ("plan", "Plan"),
    ("reseller", "Reseller"),
    ("commission", "Commission"),
    ("policy", "Policy"),
];

fn result(entry: &pb::AuditEntry) -> impl IntoView + use<> {
    let tone = if entry.result == "OK" { Tone::Neutral } else { Tone::Warning };
    view! { <Badge text=result_words(&entry.result) tone=tone /> }
}

/// What it was done to; a thing without a name is called by its id, in short.
fn subject(entry: &pb::AuditEntry) -> AnyView {
    if entry.subject_id.is_empty() {
        return portal_ui::dash().into_any();
    }
    match entry.subject_name == entry.subject_id {
        true => view! { <CopyId value=entry.subject_id.clone() label="id of the object" /> }.into_any(),
        false => entry.subject_name.clone().into_any(),
    }
}

/// What an entry may contain that is looked for: the text in the person or the object, its words in the action.
fn sought(text: &str) -> Vec<(&'static str, String)> {
    let names = action_names(text).into_iter().map(|name| ("action", name));
    ["actor_name", "subject_name"]
        .map(|field| (field, text.to_owned()))
        .into_iter()
        .chain(names)
        .collect()
}

/// The entries within a condition, newest first.
#[component]
pub fn AuditTable(
    /// What the list shows; its filters are `kind`, `result` and `time`.
    list: ListState,
    /// What must hold of every entry.
    #[prop(optional)]
    within: Filters,
) -> impl IntoView {
    let me = Me::here();
    let within = StoredValue::new(within);
    let filter = move || {
        within
            .get_value()
            .any("subject_kind", &list.filter("kind"))
            .any("result", &list.filter("result"))
            .contains_any(sought(&list.search()))
            .days("time", &list.filter("time"))
            .text()
    };
    let entries = load(move || {
        let request = pb::ListAuditEntriesRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter(),
            order_by: list.order_by(),
        };
        async move {
            let page = me.list_audit_entries(request).await?;
            Ok(Rows {
                items: page.audit_entries,
                total: 0,
                next: page.next_page_token,
            })
        }
    });
    let shown = RwSignal::new(None::<pb::AuditEntry>);
    let open = RwSignal::new(false);
    let details = move |entry: &pb::AuditEntry| {
        let (kept, count) = (entry.clone(), entry.changes.len());
        let text = match count {
            0 => "Details".to_owned(),
            1 => "1 change".to_owned(),
            count => format!("{count} changes"),
        };
        let show = move |_| {
            shown.set(Some(kept.clone()));
            open.set(true);
        };
        view! {
            <button type="button" class="btn btn-ghost btn-sm audit-more" on:click=show>
                {text}
            </button>
        }
    };
    let columns = vec![
        Column::new("Action", |entry: &pb::AuditEntry| action_words(&entry.action)),
        Column::new("Object", subject),
        Column::new("By", actor),
        Column::new("Result", result),
        Column::new("When", |entry: &pb::AuditEntry| view! { <When at=entry.time /> })
            .sorted_by("time")
            .quiet(),
        Column::new("Changes", details),
    ];
    let own_kinds = match me.portal().kind {
        pb::Portal::Master => VENDOR_KINDS,
        _ => &[],
    };
    let kinds = KINDS.iter().chain(own_kinds).copied();
    view! {
        <ListToolbar
            list=list
            search="Search by person, object or action"
            filters=vec![Filter::choice("kind", "About", kinds), Filter::choice("result", "Result", RESULTS), Filter::days("time", "When")]
        >
            {me.may("ExportAuditEntries").then(|| view! { <Export filter=Callback::new(move |()| filter()) /> })}
        </ListToolbar>
        <Table
            list=list
            data=entries
            label="audit entries"
            columns=columns
            key=|entry: &pb::AuditEntry| entry.id.clone()
            filters=&["kind", "result", "time"]
            empty=|| {
                view! {
                    <EmptyState
                        icon=Icon::Audit
                        title="Nothing was changed yet"
                        text="Every change is kept here with its author and the values before and after it."
                    />
                }
            }
        />
        <Dialog open=open title=Signal::derive(move || shown.get().map(|entry| action_words(&entry.action)).unwrap_or_default()) wide=true>
            {move || shown.get().map(|entry| view! { <Details entry=entry /> })}
        </Dialog>
    }
}
