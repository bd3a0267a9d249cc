//! The audit log: who changed what, and how it was before.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{Column, CopyId, Dialog, EmptyState, Fact, Facts, Filter, Icon, ListState, ListToolbar, Rows, Table, When};

use crate::{list::Filters, load::load, me::Me};

/// `user.set_role` as `User: set role`.
fn action_words(action: &str) -> String {
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
        _ => entry.actor_name.clone(),
    }
}

/// What it was done to; a thing without a name is called by its id, in short.
fn subject(entry: &pb::AuditEntry) -> AnyView {
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
    let entries = load(move || {
        let filter = within
            .get_value()
            .any("subject_kind", &list.filter("kind"))
            .contains(&["actor_name", "action"], &list.search())
            .days("time", &list.filter("time"));
        let request = pb::ListAuditEntriesRequest {
            page_size: list.page_size() as i32,
            page_token: list.page_token(),
            filter: filter.text(),
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
            filters=vec![Filter::choice("kind", "About", kinds), Filter::days("time", "When")]
        />
        <Table
            list=list
            data=entries
            label="audit entries"
            columns=columns
            key=|entry: &pb::AuditEntry| entry.id.clone()
            filters=&["kind", "time"]
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

/// One entry: where it came from, and each field before and after.
#[component]
fn Details(entry: pb::AuditEntry) -> impl IntoView {
    let (who, subject) = (actor(&entry), subject(&entry));
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
