//! The audit log: who changed what, how it was before, and what was refused.

use leptos::{prelude::*, task::spawn_local};
use portal_client::{RpcError, pb};
use portal_ui::{
    Badge, Column, CopyId, Dialog, EmptyState, Fact, Facts, Filter, Icon, ListState, ListToolbar, Rows, Table, Toasts, Tone, When,
};

use crate::{download, list::Filters, load::load, me::Me};

/// What comes of an attempt, as the server names it and as a person reads it.
const RESULTS: [(&str, &str); 10] = [
    ("OK", "Done"),
    ("PERMISSION_DENIED", "Not allowed"),
    ("INVALID_ARGUMENT", "Wrong input"),
    ("NOT_FOUND", "Not found"),
    ("ALREADY_EXISTS", "Exists already"),
    ("FAILED_PRECONDITION", "Wrong state"),
    ("ABORTED", "Outdated"),
    ("RESOURCE_EXHAUSTED", "Over the limit"),
    ("UNAUTHENTICATED", "Wrong sign-in"),
    ("OUT_OF_RANGE", "Out of range"),
];

/// What came of it, in words.
fn result_words(result: &str) -> String {
    let known = RESULTS.iter().find(|(name, _)| *name == result);
    known.map_or_else(|| result.to_owned(), |(_, words)| (*words).to_owned())
}

fn result(entry: &pb::AuditEntry) -> impl IntoView + use<> {
    let tone = if entry.result == "OK" { Tone::Neutral } else { Tone::Warning };
    view! { <Badge text=result_words(&entry.result) tone=tone /> }
}

/// `user.set_role` as `User: set role`.
fn action_words(action: &str) -> String {
    // An attempt that was refused is called by its RPC: `TenantAdminService/InviteUser`.
    if let Some((_, rpc)) = action.split_once('/') {
        let words = rpc.char_indices().flat_map(|(at, letter)| {
            let gap = (at > 0 && letter.is_uppercase()).then_some(' ');
            let letter = if at > 0 { letter.to_ascii_lowercase() } else { letter };
            gap.into_iter().chain([letter])
        });
        return words.collect();
    }
    let (subject, verb) = action.split_once('.').unwrap_or((action, ""));
    let mut letters = subject.chars();
    let subject: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    let words = match verb {
        "" => subject,
        verb => format!("{subject}: {verb}"),
    };
    words.replace('_', " ")
}

/// Who it was, as a person reads it.
fn actor(entry: &pb::AuditEntry) -> String {
    match entry.actor_id.as_str() {
        "system" => "The system".to_owned(),
        "anyone" => "Somebody who has not signed in".to_owned(),
        _ => entry.actor_name.clone(),
    }
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

/// A value as JSON, as a person reads it: text without its quotes, a dash for nothing.
fn value_text(json: &str) -> String {
    match json {
        "" | "null" | "\"\"" => "\u{2013}".to_owned(),
        json => json
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .map_or_else(|| json.to_owned(), |text| text.replace("\\\"", "\"").replace("\\n", "\n")),
    }
}

/// The entries within a condition, newest first.
#[component]
pub fn AuditTable(
    /// What the list shows; its filters are `actor`, `action` and `time`.
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
            .contains(&["actor_name", "action"], &list.search())
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
            <button type="button" class="btn btn-ghost btn-sm" on:click=show>
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
    let kinds = [
        ("tenant", "Tenant"),
        ("deployment", "Instance"),
        ("subscription", "Subscription"),
        ("invoice", "Invoice"),
        ("payment", "Payment"),
        ("user", "User"),
        ("membership", "Role"),
        ("operation", "Operation"),
    ];
    view! {
        <ListToolbar
            list=list
            search="Search by person or action"
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

/// Saves what the list shows, all pages of it, as a file.
#[component]
fn Export(filter: Callback<(), String>) -> impl IntoView {
    let (me, toasts) = (Me::here(), Toasts::here());
    let busy = RwSignal::new(false);
    let save = move |format: pb::AuditExportFormat, name: &'static str, kind: &'static str| {
        let request = pb::ExportAuditEntriesRequest {
            format: format.into(),
            filter: filter.run(()),
        };
        busy.set(true);
        spawn_local(async move {
            match fetch(me, request).await {
                Ok(parts) => {
                    download::save(name, kind, &parts);
                    toasts.done("The audit log was saved");
                }
                Err(error) => toasts.failed(format!("The audit log was not saved. {}", error.message)),
            }
            busy.try_set(false);
        });
    };
    view! {
        <button
            type="button"
            class="btn btn-sm"
            disabled=move || busy.get()
            on:click=move |_| save(pb::AuditExportFormat::Csv, "audit.csv", "text/csv")
        >
            "Export CSV"
        </button>
        <button
            type="button"
            class="btn btn-sm"
            disabled=move || busy.get()
            on:click=move |_| save(pb::AuditExportFormat::Json, "audit.jsonl", "application/jsonl")
        >
            "Export JSON"
        </button>
    }
}

async fn fetch(me: Me, request: pb::ExportAuditEntriesRequest) -> Result<Vec<Vec<u8>>, RpcError> {
    let mut items = me.export_audit_entries(request).await?;
    let mut parts = Vec::new();
    while let Some(part) = items.next().await {
        parts.push(part?.data);
    }
    Ok(parts)
}

/// One entry: where it came from, and each field before and after.
#[component]
fn Details(entry: pb::AuditEntry) -> impl IntoView {
    let (who, subject) = (actor(&entry), subject(&entry));
    let result = match entry.reason.as_str() {
        "" => result_words(&entry.result),
        reason => format!("{} ({reason})", result_words(&entry.result)),
    };
    let from = match entry.remote_address.as_str() {
        "" => "The server itself".to_owned(),
        address => address.to_owned(),
    };
    let row = |change: pb::AuditChange| {
        view! {
            <tr>
                <th scope="row">{change.field.replace('_', " ")}</th>
                <td class="audit-before">{value_text(&change.before)}</td>
                <td class="audit-after">{value_text(&change.after)}</td>
            </tr>
        }
    };
    let changes = match entry.changes.is_empty() {
        true => view! { <p class="text-muted">"No field was changed by this."</p> }.into_any(),
        false => view! {
            <div class="document-region" role="region" aria-label="Changed fields" tabindex="0">
                <table class="document audit-changes">
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"Before"</th>
                            <th scope="col">"After"</th>
                        </tr>
                    </thead>
                    <tbody>{entry.changes.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="stack">
            <Facts>
                <Fact label="Object">{subject}</Fact>
                <Fact label="By">{who}</Fact>
                <Fact label="Result">{result}</Fact>
                <Fact label="When"><When at=entry.time /></Fact>
                <Fact label="From">{from}</Fact>
                <Fact label="Id"><CopyId value=entry.subject_id label="id of the object" /></Fact>
                <Fact label="Request"><CopyId value=entry.request_id label="request id" /></Fact>
            </Facts>
            {changes}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_words() {
        assert_eq!(action_words("tenant.suspend"), "Tenant: suspend");
        assert_eq!(action_words("user.set_role"), "User: set role");
        assert_eq!(action_words("tenant_setting.update"), "Tenant setting: update");
        assert_eq!(action_words("login"), "Login");
        assert_eq!(action_words("TenantAdminService/InviteUser"), "Invite user");
    }

    #[test]
    fn values_are_read_without_their_quotes() {
        assert_eq!(value_text("\"active\""), "active");
        assert_eq!(value_text("42"), "42");
        assert_eq!(value_text("\"\""), "\u{2013}");
        assert_eq!(value_text(""), "\u{2013}");
        assert_eq!(value_text("\"a \\\"b\\\"\""), "a \"b\"");
    }
}
