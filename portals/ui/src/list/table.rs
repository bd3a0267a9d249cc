//! A table of a list.

use std::sync::Arc;

use leptos::prelude::*;

use super::{
    pager::{PageOf, Pager},
    state::{ListState, Sort, next_sort},
};
use crate::{
    failure::FailureNotice,
    icon::{Icon, IconView},
    load::ProgressBar,
    menu::{MenuItem, RowMenu},
    remote::{Around, Remote},
};

/// One page of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    /// The rows.
    pub items: Vec<T>,
    /// How many there are in all; 0 where the list does not count them.
    pub total: u64,
    /// The token of the next page; empty on the last.
    pub next: String,
}

type Cell<T> = Arc<dyn Fn(&T) -> AnyView + Send + Sync>;

/// A column: its title and what it shows of a row.
#[derive(Clone)]
pub struct Column<T> {
    title: &'static str,
    cell: Cell<T>,
    sort: Option<&'static str>,
    numeric: bool,
    quiet: bool,
}

impl<T: 'static> Column<T> {
    /// A column. The first one of a table names the row, and is the row's link.
    pub fn new<V: IntoView + 'static>(title: &'static str, cell: impl Fn(&T) -> V + Send + Sync + 'static) -> Self {
        Self {
            title,
            cell: Arc::new(move |row| cell(row).into_any()),
            sort: None,
            numeric: false,
            quiet: false,
        }
    }

    /// The list can be ordered by this field of the contract.
    #[must_use]
    pub fn sorted_by(mut self, field: &'static str) -> Self {
        self.sort = Some(field);
        self
    }

    /// Numbers: aligned to the end, with digits of one width.
    #[must_use]
    pub fn numeric(mut self) -> Self {
        self.numeric = true;
        self
    }

    /// Of less weight: in the quiet colour.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    fn class(&self) -> &'static str {
        match (self.numeric, self.quiet) {
            (true, true) => "num text-muted",
            (true, false) => "num",
            (false, true) => "text-muted",
            (false, false) => "",
        }
    }
}

/// A table with a sorted header, skeleton rows, the three empty states, a row menu and paging. Under 640 px its rows become cards.
#[component]
pub fn Table<T, K>(
    /// What the list shows.
    list: ListState,
    /// The rows.
    data: Remote<Rows<T>>,
    /// What the rows are, for readers and messages: `tenants`.
    label: &'static str,
    /// The columns.
    columns: Vec<Column<T>>,
    /// What tells a row from the others.
    key: fn(&T) -> K,
    /// Where a row leads.
    #[prop(optional)]
    href: Option<fn(&T) -> String>,
    /// The menu of a row.
    #[prop(optional_no_strip)]
    menu: Option<Callback<T, Vec<MenuItem>>>,
    /// The names of the filters that narrow the list, for the empty state.
    #[prop(optional)]
    filters: &'static [&'static str],
    /// What stands there when there is nothing at all: an `EmptyState` with what to do first.
    #[prop(into)]
    empty: ViewFn,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    K: Eq + std::hash::Hash + 'static,
{
    let page = Memo::new(move |_| {
        let page = |rows: &Rows<T>| PageOf {
            shown: rows.items.len() as u64,
            total: rows.total,
            next: rows.next.clone(),
        };
        data.value().with(|rows| rows.as_ref().map(page).unwrap_or_default())
    });
    let heads = columns.iter().map(|column| (column.title, column.sort, column.class())).collect();
    let columns = StoredValue::new(columns);
    let rows = move || {
        data.value()
            .with(|rows| rows.as_ref().map(|rows| rows.items.clone()).unwrap_or_default())
    };
    let row = move |item: T| {
        let cells = columns.with_value(|columns| columns.iter().map(|column| (column.cell)(&item)).collect());
        let classes = columns.with_value(|columns| columns.iter().map(|column| (column.title, column.class())).collect());
        table_row(cells, classes, href.map(|href| href(&item)), menu.map(|menu| menu.run(item)))
    };
    // A row that changed is drawn anew; the others stay as they are.
    let body = Box::new(move || view! { <For each=rows key=move |item: &T| RowKey(key(item), item.clone()) children=row /> }.into_any());
    frame(list, data.around(), page, label, heads, menu.is_some(), filters, empty, body)
}

/// What is the same for all kinds of rows.
#[expect(clippy::too_many_arguments)]
fn frame(
    list: ListState,
    data: Around,
    page: Memo<PageOf>,
    label: &'static str,
    heads: Vec<(&'static str, Option<&'static str>, &'static str)>,
    has_menu: bool,
    filters: &'static [&'static str],
    empty: ViewFn,
    body: Box<dyn Fn() -> AnyView + Send>,
) -> AnyView {
    let width = heads.len() + usize::from(has_menu);
    let (there, failed) = (data.there, data.failed());
    let none = Memo::new(move |_| there.get() && page.with(|page| page.shown == 0));
    let body = move || match there.get() {
        true => body(),
        false if failed.get() => ().into_any(),
        false => skeleton_rows(width, list.page_size().min(8)).into_any(),
    };
    let sort_choices = heads.iter().filter_map(|(title, sort, _)| Some(((*sort)?, *title))).collect();
    let head = heads
        .into_iter()
        .map(|(title, sort, class)| header_cell(list, title, sort, class))
        .collect_view();
    view! {
        <div class="table-card card" aria-busy=move || data.pending.get().to_string()>
            <ProgressBar shown=data.updating() />
            {move || failed.get().then(|| failure_row(data, label, there.get_untracked()))}
            {sort_select(list, sort_choices)}
            <div class="table-region" hidden=move || none.get() || (failed.get() && !there.get()) role="region" aria-label=label tabindex="0">
                <table class="table" role="table">
                    <thead role="rowgroup">
                        <tr role="row">
                            {head}
                            {has_menu.then(|| view! { <th role="columnheader" scope="col"><span class="sr-only">"Actions"</span></th> })}
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{body}</tbody>
                </table>
            </div>
            {move || none.get().then(|| match list.is_narrowed(filters) {
                true => no_match(list, label, filters).into_any(),
                false => empty.run(),
            })}
            <Pager list=list page=page label=label />
        </div>
    }
    .into_any()
}

/// A row's identity together with what it shows.
#[derive(PartialEq)]
struct RowKey<K, T>(K, T);

impl<K: Eq, T: PartialEq> Eq for RowKey<K, T> {}

impl<K: std::hash::Hash, T> std::hash::Hash for RowKey<K, T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// A header cell; a button when the list can be ordered by it.
fn header_cell(list: ListState, title: &'static str, sort: Option<&'static str>, class: &'static str) -> impl IntoView {
    let Some(field) = sort else {
        return view! { <th role="columnheader" scope="col" class=class>{title}</th> }.into_any();
    };
    let direction = Memo::new(move |_| list.sort().filter(|sort| sort.field == field).map(|sort| sort.descending));
    let aria = move || match direction.get() {
        None => "none",
        Some(false) => "ascending",
        Some(true) => "descending",
    };
    let icon = Signal::derive(move || match direction.get() {
        None => Icon::Sort,
        Some(false) => Icon::SortUp,
        Some(true) => Icon::SortDown,
    });
    view! {
        <th role="columnheader" scope="col" class=class aria-sort=aria>
            <button
                type="button"
                class="sort-button"
                class:sorted=move || direction.get().is_some()
                on:click=move |_| list.set_sort(next_sort(list.sort().as_ref(), field))
            >
                {title}
                <IconView icon=icon class="icon-sm" />
            </button>
        </th>
    }
    .into_any()
}

/// The order of a narrow screen, where there is no header.
fn sort_select(list: ListState, choices: Vec<(&'static str, &'static str)>) -> Option<impl IntoView> {
    if choices.is_empty() {
        return None;
    }
    let is = move |order: &str| list.order_by() == order;
    let change = move |event: web_sys::Event| {
        let order = event_target_value(&event);
        let (field, descending) = order.strip_suffix(" desc").map_or((order.as_str(), false), |field| (field, true));
        list.set_sort((!field.is_empty()).then(|| Sort {
            field: field.to_owned(),
            descending,
        }));
    };
    let options = choices.into_iter().map(|(field, title)| {
        let down = format!("{field} desc");
        view! {
            <option value=field prop:selected=move || is(field)>
                {title}
                ", upwards"
            </option>
            <option value=down.clone() prop:selected=move || is(&down)>
                {title}
                ", downwards"
            </option>
        }
    });
    Some(view! {
        <label class="sort-select">
            "Order by"
            <select class="select" on:change=change>
                <option value="" prop:selected=move || is("")>
                    "Default"
                </option>
                {options.collect_view()}
            </select>
        </label>
    })
}

/// A row; its first cell holds the link that the whole row answers to.
fn table_row(
    cells: Vec<AnyView>,
    columns: Vec<(&'static str, &'static str)>,
    link: Option<String>,
    menu: Option<Vec<MenuItem>>,
) -> AnyView {
    let linked = link.is_some();
    let cells = cells
        .into_iter()
        .zip(columns)
        .enumerate()
        .map(|(at, (cell, (title, class)))| match (at, link.clone()) {
            (0, Some(link)) => view! {
                <td role="cell" class=format!("row-name {class}")>
                    <a class="row-link" href=link>{cell}</a>
                </td>
            }
            .into_any(),
            (0, None) => view! { <td role="cell" class=format!("row-name {class}")>{cell}</td> }.into_any(),
            _ => view! { <td role="cell" class=class data-label=title>{cell}</td> }.into_any(),
        });
    let cells = cells.collect_view();
    let menu = menu.map(|items| view! { <td role="cell" class="row-menu"><RowMenu items=items /></td> });
    view! { <tr role="row" class:linked=linked>{cells}{menu}</tr> }.into_any()
}

/// Rows of the right height while the first answer is awaited.
fn skeleton_rows(width: usize, count: u32) -> impl IntoView {
    let row = |_| {
        let cells = (0..width).map(|_| view! { <td role="cell"><span class="skeleton-line"></span></td> });
        view! { <tr role="row" class="skeleton-row">{cells.collect_view()}</tr> }
    };
    (0..count).map(row).collect_view()
}

/// The list could not be read.
fn failure_row(data: Around, label: &'static str, old: bool) -> impl IntoView {
    let title = match old {
        true => format!("The {label} could not be updated; what you see is from before"),
        false => format!("The {label} could not be loaded"),
    };
    view! {
        <div class="table-notice">
            <FailureNotice title=title failure=data.shown_failure() on_retry=data.reload />
        </div>
    }
}

/// Nothing matches the search and the filters.
fn no_match(list: ListState, label: &'static str, filters: &'static [&'static str]) -> impl IntoView {
    view! {
        <div class="empty">
            <IconView icon=Icon::Search />
            <p class="empty-title">{format!("No {label} match")}</p>
            <p class="empty-text">"Nothing fits the search and the filters together."</p>
            <button type="button" class="btn btn-plain" on:click=move |_| list.clear(filters)>
                "Clear search and filters"
            </button>
        </div>
    }
}
