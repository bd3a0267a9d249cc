//! Lists whose state is the address, and the filter text that the server understands.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use portal_ui::{ListState, Rows, day_range};

use crate::me::Go;

/// The state of a list in the address of its page. `name` is what its page size is kept under.
pub fn list_state(name: &'static str) -> ListState {
    let go = Go::here();
    let location = use_location();
    let page = location.pathname.get_untracked();
    let own = page.clone();
    // While another page is on its way its address is there already, which is none of this list's.
    let search = Memo::new(move |before: Option<&String>| match location.pathname.get() == own {
        true => location.search.get(),
        false => before.cloned().unwrap_or_default(),
    });
    ListState::new(name, search, move |query| go.to(format!("{page}{query}")))
}

/// A page of a list, as the answer to a `List` call has it.
pub fn rows<T>(items: Vec<T>, total_size: i64, next_page_token: String) -> Rows<T> {
    Rows {
        items,
        total: u64::try_from(total_size).unwrap_or(0),
        next: next_page_token,
    }
}

/// The tab of a page, which is `?tab=` in its address, and the way to another one.
pub(crate) fn tab_state() -> (Signal<String>, Callback<&'static str>) {
    let go = Go::here();
    let location = use_location();
    let page = location.pathname.get_untracked();
    let query = location.query;
    let tab = Signal::derive(move || query.with(|query| query.get("tab").unwrap_or_default()));
    (tab, Callback::new(move |tab: &'static str| go.to(format!("{page}?tab={tab}"))))
}

/// A filter, put together of what must hold at once: `state = ACTIVE AND (slug : "net" OR display_name : "net")`.
#[derive(Clone, Debug, Default)]
pub struct Filters(Vec<String>);

impl Filters {
    /// Nothing must hold.
    pub fn new() -> Self {
        Self::default()
    }

    /// The field has this value; an empty one says nothing.
    #[must_use]
    pub fn is(self, field: &str, value: &str) -> Self {
        self.any(field, &[value.to_owned()])
    }

    /// The field has one of these values.
    #[must_use]
    pub fn any(mut self, field: &str, values: &[String]) -> Self {
        self.one_of(
            values
                .iter()
                .filter(|value| !value.is_empty())
                .map(|value| format!("{field} = {}", quoted(value))),
        );
        self
    }

    /// One of the fields contains the text.
    #[must_use]
    pub fn contains(self, fields: &[&str], text: &str) -> Self {
        self.contains_any(fields.iter().map(|field| (*field, text.to_owned())))
    }

    /// One of the fields contains its text; an empty text says nothing.
    #[must_use]
    pub fn contains_any<'a>(mut self, sought: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let terms = sought.into_iter().filter(|(_, text)| !text.trim().is_empty());
        self.one_of(terms.map(|(field, text)| format!("{field} : {}", quoted(text.trim()))));
        self
    }

    /// The moment lies within days, as a [`portal_ui::Filter::days`] gives them; the days are UTC's.
    #[must_use]
    pub fn days(mut self, field: &str, values: &[String]) -> Self {
        let (from, to) = day_range(values);
        let start = |day: Option<String>, later: i64| {
            let at = portal_ui::day_start(&day?)? + later;
            Some(portal_ui::iso(at))
        };
        if let Some(from) = start(from, 0) {
            self.0.push(format!("{field} >= {}", quoted(&from)));
        }
        if let Some(after) = start(to, 86_400_000) {
            self.0.push(format!("{field} < {}", quoted(&after)));
        }
        self
    }

    /// Something else must hold, written out.
    #[must_use]
    pub fn and(mut self, term: impl Into<String>) -> Self {
        self.0.push(term.into());
        self
    }

    /// The text of the filter; empty when nothing must hold.
    pub fn text(self) -> String {
        self.0.join(" AND ")
    }

    fn one_of(&mut self, terms: impl Iterator<Item = String>) {
        let terms: Vec<String> = terms.collect();
        match terms.as_slice() {
            [] => {}
            [one] => self.0.push(one.clone()),
            many => self.0.push(format!("({})", many.join(" OR "))),
        }
    }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_says_what_must_hold_at_once() {
        let filter = Filters::new()
            .any("state", &["ACTIVE".into(), "FAILED".into()])
            .is("reseller_id", "")
            .contains(&["slug", "display_name"], " o\"net ");
        assert_eq!(
            filter.text(),
            r#"(state = "ACTIVE" OR state = "FAILED") AND (slug : "o\"net" OR display_name : "o\"net")"#
        );
        assert_eq!(Filters::new().contains(&["slug"], " ").text(), "");
    }

    #[test]
    fn days_are_whole() {
        let filter = Filters::new().days("create_time", &["from:2026-11-01".into(), "to:2026-11-20".into()]);
        assert_eq!(
            filter.text(),
            r#"create_time >= "2026-11-01T00:00:00Z" AND create_time < "2026-11-21T00:00:00Z""#
        );
    }
}
