//! The audit log on the wire.

use super::{Export, Format, export::Part};
use crate::{
    convert::timestamp,
    error::{Error, Result},
    store::{Page, audit_entry::Model},
};
use serde_json::Value;
use tenantry_proto::v1 as pb;

impl From<Model> for pb::AuditEntry {
    fn from(entry: Model) -> Self {
        Self {
            id: entry.id.to_string(),
            time: Some(timestamp(entry.at)),
            action: entry.action,
            actor_id: entry.actor_id,
            actor_name: entry.actor_name,
            subject_kind: entry.subject_kind,
            subject_id: entry.subject_id,
            subject_name: entry.subject_name,
            tenant_id: entry.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
            reseller_id: entry.reseller_id.map(|id| id.to_string()).unwrap_or_default(),
            changes: entry.changes.as_array().into_iter().flatten().map(change).collect(),
            request_id: entry.request_id,
            remote_address: entry.remote_address,
            result: entry.result,
            reason: entry.reason,
        }
    }
}

/// How many characters of a value are answered: a page has to stay small enough to be read, and the export has all of it.
const LONGEST: usize = 2000;

/// A field that changed. What was or is nothing is empty.
fn change(change: &Value) -> pb::AuditChange {
    let json = |name: &str| {
        change
            .get(name)
            .filter(|v| !v.is_null())
            .map(|v| cut(v.to_string()))
            .unwrap_or_default()
    };
    pb::AuditChange {
        field: change.get("field").and_then(Value::as_str).unwrap_or_default().to_owned(),
        before: json("before"),
        after: json("after"),
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl From<Page<Model>> for pb::ListAuditEntriesResponse {
    fn from(page: Page<Model>) -> Self {
        Self {
            audit_entries: page.rows.into_iter().map(Into::into).collect(),
            next_page_token: page.next_page_token,
        }
    }
}

impl TryFrom<pb::ExportAuditEntriesRequest> for Export {
    type Error = Error;
    fn try_from(request: pb::ExportAuditEntriesRequest) -> Result<Self> {
        let format = match request.format() {
            pb::AuditExportFormat::Csv => Some(Format::Csv),
            pb::AuditExportFormat::Json => Some(Format::Json),
            pb::AuditExportFormat::Unspecified => None,
        };
        Self::check(format, request.filter)
    }
}

impl From<Part> for pb::ExportAuditEntriesResponse {
    fn from(part: Part) -> Self {
        Self { data: part.0.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_reads_as_json_and_nothing_as_empty() {
        let change = change(&json!({ "field": "role", "before": null, "after": "tenant_user" }));
        assert_eq!(
            (change.field.as_str(), change.before.as_str(), change.after.as_str()),
            ("role", "", "\"tenant_user\"")
        );
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let long = change(&json!({ "field": "text", "before": "ä".repeat(1998), "after": "ä".repeat(1999) }));
        assert_eq!(long.before, format!("\"{}\"", "ä".repeat(1998)));
        assert_eq!(long.after, format!("\"{}…", "ä".repeat(1999)));
    }
}
