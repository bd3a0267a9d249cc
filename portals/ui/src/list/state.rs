//! What a list shows: kept in the address alone, so that reloading, sharing and going back work.

use leptos::prelude::*;

use super::query::Query;
use crate::dom;

/// The page sizes on offer.
pub(crate) const SIZES: [u32; 3] = [25, 50, 100];

/// An order: a field of the contract and its direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The field, such as `create_time`.
    pub field: String,
    /// Downwards.
    pub descending: bool,
}

impl Sort {
    /// As the contract's `order_by`: `create_time desc`.
    pub fn order_by(&self) -> String {
        if self.descending {
            format!("{} desc", self.field)
        } else {
            self.field.clone()
        }
    }

    /// In the address: `-create_time`.
    fn parse(text: &str) -> Option<Self> {
        let (descending, field) = text.strip_prefix('-').map_or((false, text), |field| (true, field));
        (!field.is_empty()).then(|| Self {
            field: field.to_owned(),
            descending,
        })
    }

    fn text(&self) -> String {
        if self.descending {
            format!("-{}", self.field)
        } else {
            self.field.clone()
        }
    }
}

/// The order after a click on a column's header: upwards, downwards, the list's own.
pub(crate) fn next_sort(now: Option<&Sort>, field: &str) -> Option<Sort> {
    match now {
        Some(sort) if sort.field == field && sort.descending => None,
        Some(sort) if sort.field == field => Some(Sort {
            field: field.to_owned(),
            descending: true,
        }),
        _ => Some(Sort {
            field: field.to_owned(),
            descending: false,
        }),
    }
}

/// Search, filters, order and page of a list. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct ListState {
    query: Memo<Query>,
    go: Callback<String>,
    name: StoredValue<&'static str>,
    /// The tokens of the pages before this one, as far as they were walked through.
    trail: RwSignal<Vec<(String, u64)>>,
}

impl ListState {
    /// The state of a list. `name` is what its page size is kept under; `search` is the part of the address behind the `?`;
    /// `go` is asked to put another one there (`""` or `"?q=acme"`), which must come back through `search`.
    pub fn new(name: &'static str, search: impl Into<Signal<String>>, go: impl Fn(String) + Send + Sync + 'static) -> Self {
        let search = search.into();
        Self {
            query: Memo::new(move |_| Query::parse(&search.get())),
            go: Callback::new(go),
            name: StoredValue::new(name),
            trail: RwSignal::new(Vec::new()),
        }
    }

    /// A state that keeps its address to itself, for a list inside a page or a dialog.
    pub fn local(name: &'static str) -> Self {
        let search = RwSignal::new(String::new());
        Self::new(name, search, move |query| search.set(query))
    }

    /// The text of the search.
    pub fn search(self) -> String {
        self.read(|query| query.get("q").unwrap_or_default().to_owned())
    }

    /// Searches; goes to the first page.
    pub fn set_search(self, text: &str) {
        self.change(|query| query.with("q", text.trim()));
    }

    /// The chosen values of a filter.
    pub fn filter(self, name: &str) -> Vec<String> {
        self.read(|query| {
            let values = query.get(name).unwrap_or_default().split(',').filter(|value| !value.is_empty());
            values.map(str::to_owned).collect()
        })
    }

    /// Chooses values of a filter; none takes the filter away. Goes to the first page.
    pub fn set_filter(self, name: &str, values: &[String]) {
        self.change(|query| query.with(name, &values.join(",")));
    }

    /// The order, when it is not the list's own.
    pub fn sort(self) -> Option<Sort> {
        self.read(|query| query.get("sort").and_then(Sort::parse))
    }

    /// The order as the contract's `order_by`; empty for the list's own.
    pub fn order_by(self) -> String {
        self.sort().map(|sort| sort.order_by()).unwrap_or_default()
    }

    /// Orders; goes to the first page.
    pub fn set_sort(self, sort: Option<Sort>) {
        self.change(|query| query.with("sort", &sort.map(|sort| sort.text()).unwrap_or_default()));
    }

    /// How many rows a page has: from the address, or as it was last chosen for this list.
    pub fn page_size(self) -> u32 {
        let wanted = self.read(|query| query.get("size").and_then(|size| size.parse().ok()));
        let kept = || dom::stored(&self.size_key()).and_then(|size| size.parse().ok());
        wanted.or_else(kept).filter(|size| SIZES.contains(size)).unwrap_or(SIZES[0])
    }

    /// Chooses how many rows a page has, and keeps the choice; goes to the first page.
    pub fn set_page_size(self, size: u32) {
        dom::store(&self.size_key(), Some(&size.to_string()));
        self.change(|query| query.with("size", &size.to_string()));
    }

    /// The token of the page; empty for the first.
    pub fn page_token(self) -> String {
        self.read(|query| query.get("page").unwrap_or_default().to_owned())
    }

    /// How many rows are before this page.
    pub fn offset(self) -> u64 {
        self.read(|query| query.get("from").and_then(|from| from.parse().ok()).unwrap_or(0))
    }

    /// Whether a search or one of these filters narrows the list.
    pub(crate) fn is_narrowed(self, filters: &[&str]) -> bool {
        !self.search().is_empty() || filters.iter().any(|name| !self.filter(name).is_empty())
    }

    /// Takes the search and these filters away.
    pub(crate) fn clear(self, filters: &[&str]) {
        self.change(|query| filters.iter().fold(query.with("q", ""), |query, name| query.with(name, "")));
    }

    /// Goes to the next page, which begins `shown` rows later.
    pub(crate) fn next(self, token: &str, shown: u64) {
        let (here, offset) = (self.page_token(), self.offset());
        self.trail.update(|trail| trail.push((here, offset)));
        self.place(token, offset + shown);
    }

    /// Goes one page back: to the page that was walked from, or else to the first.
    pub(crate) fn previous(self) {
        let before = self.trail.try_update(Vec::pop).flatten();
        let (token, offset) = before.unwrap_or_default();
        self.place(&token, offset);
    }

    /// Whether a page back is known; the first page is always known.
    pub(crate) fn knows_previous(self) -> bool {
        self.trail.with(|trail| !trail.is_empty())
    }

    /// Goes to the first page.
    pub(crate) fn first(self) {
        self.change(|query| query);
    }

    fn place(self, token: &str, offset: u64) {
        let from = if offset == 0 { String::new() } else { offset.to_string() };
        let query = self.query.get_untracked().with("page", token).with("from", &from);
        self.go.run(query.text());
    }

    /// Changes what is shown; a page of the old rows means nothing in the new ones.
    fn change(self, change: impl FnOnce(Query) -> Query) {
        self.trail.set(Vec::new());
        let query = change(self.query.get_untracked()).with("page", "").with("from", "");
        self.go.run(query.text());
    }

    fn read<T>(self, read: impl FnOnce(&Query) -> T) -> T {
        self.query.with(read)
    }

    fn size_key(self) -> String {
        format!("page-size-{}", self.name.get_value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_list(test: impl FnOnce(ListState)) {
        let owner = Owner::new();
        owner.with(|| test(ListState::local("test")));
    }

    #[test]
    fn a_click_goes_up_down_and_back() {
        let up = next_sort(None, "name");
        assert_eq!(
            up,
            Some(Sort {
                field: "name".into(),
                descending: false
            })
        );
        let down = next_sort(up.as_ref(), "name");
        assert_eq!(down.as_ref().map(Sort::order_by).as_deref(), Some("name desc"));
        assert_eq!(next_sort(down.as_ref(), "name"), None);
        assert_eq!(next_sort(down.as_ref(), "slug").map(|sort| sort.text()).as_deref(), Some("slug"));
    }

    #[test]
    fn narrowing_goes_to_the_first_page() {
        with_list(|list| {
            list.next("token-2", 25);
            list.next("token-3", 25);
            assert_eq!((list.page_token().as_str(), list.offset()), ("token-3", 50));
            list.previous();
            assert_eq!((list.page_token().as_str(), list.offset()), ("token-2", 25));
            list.set_filter("state", &["active".into(), "failed".into()]);
            assert_eq!((list.page_token().as_str(), list.offset(), list.knows_previous()), ("", 0, false));
            assert_eq!(list.filter("state"), ["active", "failed"]);
            assert!(list.is_narrowed(&["state"]) && !list.is_narrowed(&["plan"]));
            list.clear(&["state"]);
            assert!(list.filter("state").is_empty());
        });
    }

    #[test]
    fn only_offered_page_sizes_count() {
        with_list(|list| {
            assert_eq!(list.page_size(), 25);
            list.set_page_size(50);
            assert_eq!(list.page_size(), 50);
            list.change(|query| query.with("size", "7"));
            assert_eq!(list.page_size(), 25);
        });
    }
}
