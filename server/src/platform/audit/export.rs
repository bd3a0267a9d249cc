//! The audit log as a file.

use super::{Scope, Visible, list};
use crate::{
    convert::Check,
    cx::Cx,
    error::Result,
    store::{
        Query,
        audit_entry::{Entity, Model},
    },
};
use bytes::Bytes;
use futures::Stream;
use serde_json::Value;

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Csv,
    /// An object in each line.
    Json,
}

/// Which entries, and how.
pub struct Export {
    /// How.
    pub format: Format,
    /// Which.
    pub filter: String,
}

impl Export {
    /// From what was asked for.
    pub(super) fn check(format: Option<Format>, filter: String) -> Result<Self> {
        let mut check = Check::default();
        if format.is_none() {
            check.bad("format", "must be CSV or JSON");
        }
        check.done()?;
        Ok(Self {
            format: format.unwrap_or(Format::Csv),
            filter,
        })
    }
}

/// The parts of a file are at most so long.
const PART: usize = 64 << 10;

/// How many entries are read at once. Between that no connection is held: the one who reads may be slow.
const AT_ONCE: i32 = 200;

/// Answers the file part by part, the newest entries first. What is written meanwhile is newer than the first and does not come; entries never change.
pub async fn export<S: Scope>(cx: &Cx<S>, asked: Export) -> Result<impl Stream<Item = Result<Part>> + use<S>>
where
    Entity: Visible<S>,
{
    let Export { format, filter } = asked;
    let mut query = Query {
        page_size: AT_ONCE,
        filter,
        ..Query::default()
    };
    let cx = cx.fresh();
    // A filter that is wrong is refused before the file begins.
    let mut page = list(&cx, &query).await?;
    Ok(async_stream::try_stream! {
        let mut text = match format {
            Format::Csv => line(COLUMNS),
            Format::Json => String::new(),
        };
        loop {
            for entry in &page.rows {
                text += &match format {
                    Format::Csv => line(cells(entry).each_ref().map(String::as_str)),
                    Format::Json => format!("{}\n", object(entry)),
                };
                if text.len() > PART {
                    for part in parts(&mut text) {
                        yield part;
                    }
                }
            }
            if page.next_page_token.is_empty() {
                break;
            }
            query.page_token = page.next_page_token;
            page = list(&cx.fresh(), &query).await?;
        }
        for part in parts(&mut text) {
            yield part;
        }
    })
}

/// A part of the file.
pub struct Part(pub(super) Bytes);

fn parts(text: &mut String) -> Vec<Part> {
    let all = Bytes::from(std::mem::take(text));
    (0..all.len())
        .step_by(PART)
        .map(|at| Part(all.slice(at..all.len().min(at + PART))))
        .collect()
}

/// The names of the columns, which are those of the message.
const COLUMNS: [&str; 15] = [
    "time",
    "result",
    "reason",
    "action",
    "actor_id",
    "actor_name",
    "subject_kind",
    "subject_id",
    "subject_name",
    "tenant_id",
    "reseller_id",
    "changes",
    "request_id",
    "remote_address",
    "id",
];

fn cells(entry: &Model) -> [String; 15] {
    let changes = match entry.changes.as_array().is_some_and(Vec::is_empty) {
        true => String::new(),
        false => entry.changes.to_string(),
    };
    [
        entry.at.to_rfc3339(),
        entry.result.clone(),
        entry.reason.clone(),
        entry.action.clone(),
        entry.actor_id.clone(),
        entry.actor_name.clone(),
        entry.subject_kind.clone(),
        entry.subject_id.clone(),
        entry.subject_name.clone(),
        entry.tenant_id.map(|id| id.to_string()).unwrap_or_default(),
        entry.reseller_id.map(|id| id.to_string()).unwrap_or_default(),
        changes,
        entry.request_id.clone(),
        entry.remote_address.clone(),
        entry.id.to_string(),
    ]
}

fn object(entry: &Model) -> Value {
    let mut object = serde_json::Map::new();
    for (name, cell) in COLUMNS.iter().zip(cells(entry)) {
        object.insert((*name).to_owned(), cell.into());
    }
    object.insert("changes".to_owned(), entry.changes.clone());
    Value::Object(object)
}

/// A line of a table after RFC 4180, every cell in quotes.
fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells
        .into_iter()
        .map(|cell| format!("\"{}{}\"", if is_formula(cell) { "'" } else { "" }, cell.replace('"', "\"\"")))
        .collect();
    cells.join(",") + "\r\n"
}

/// Whether a spreadsheet would compute a cell, or read it as the next one; some take the wide letters of Asia for the narrow ones.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_ends_early() {
        let cells = ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "plain", "a \"b\", c", "", "1=1"];
        let expected = "\"'=1+1\",\"'+1\",\"'-1\",\"'@sum\",\"'\tx\",\"'\rx\",\"plain\",\"a \"\"b\"\", c\",\"\",\"1=1\"\r\n";
        assert_eq!(line(cells), expected);
    }

    #[test]
    fn a_file_comes_in_parts_and_whole() {
        let mut text = "x".repeat(PART * 2 + 5);
        let lengths: Vec<_> = parts(&mut text).iter().map(|part| part.0.len()).collect();
        assert_eq!((lengths, text.len()), (vec![PART, PART, 5], 0));
        assert!(parts(&mut text).is_empty());
    }
}
