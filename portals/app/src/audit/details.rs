//! One entry of the audit log.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{CopyId, Fact, Facts, When};

use super::{
    subject,
    words::{actor, result_words},
};

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

/// One entry: where it came from, and each field before and after.
#[component]
pub(super) fn Details(entry: pb::AuditEntry) -> impl IntoView {
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
    fn values_are_read_without_their_quotes() {
        assert_eq!(value_text("\"active\""), "active");
        assert_eq!(value_text("42"), "42");
        assert_eq!(value_text("\"\""), "\u{2013}");
        assert_eq!(value_text(""), "\u{2013}");
        assert_eq!(value_text("\"a \\\"b\\\"\""), "a \"b\"");
    }
}
