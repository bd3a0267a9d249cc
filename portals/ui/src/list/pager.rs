//! Range, total, page size, and the way to other pages.

use leptos::prelude::*;

use super::state::{ListState, SIZES};
use crate::icon::{Icon, IconView};

/// `26-50 of 312`; with separators for thousands. A list that does not count its rows says `26-50`.
fn range_text(offset: u64, shown: u64, total: u64) -> String {
    let range = format!("{}\u{2013}{}", grouped(offset + 1), grouped(offset + shown));
    match (shown, total) {
        (0, _) => "0".to_owned(),
        (_, 0) => range,
        _ => format!("{range} of {}", grouped(total.max(offset + shown))),
    }
}

/// A count with separators for thousands.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What a page of rows is, whatever they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageOf {
    /// How many rows it has.
    pub shown: u64,
    /// How many there are in all; 0 where the list does not count them.
    pub total: u64,
    /// The token of the next page; empty on the last.
    pub next: String,
}

/// The row under a table. Nothing is there while there are no rows.
#[component]
pub(crate) fn Pager(list: ListState, page: Memo<PageOf>, label: &'static str) -> impl IntoView {
    let shown = Memo::new(move |_| page.with(|page| page.shown));
    let total = Memo::new(move |_| page.with(|page| page.total));
    let next = Memo::new(move |_| page.with(|page| page.next.clone()));
    let at_start = Memo::new(move |_| list.page_token().is_empty());
    let size_options = SIZES.map(|size| {
        view! { <option value=size.to_string() prop:selected=move || list.page_size() == size>{size}</option> }
    });
    let change_size = move |event: web_sys::Event| {
        if let Ok(size) = event_target_value(&event).parse() {
            list.set_page_size(size);
        }
    };
    let previous = move |_| match list.knows_previous() {
        true => list.previous(),
        false => list.first(),
    };
    let previous_label = move || match at_start.get() || list.knows_previous() {
        true => "Previous page",
        false => "First page",
    };
    view! {
        <nav class="pager" aria-label=format!("Pages of {label}") hidden=move || shown.get() == 0>
            <p class="pager-range" role="status">{move || range_text(list.offset(), shown.get(), total.get())}</p>
            <label class="pager-size">
                "Rows"
                <select class="select" on:change=change_size>
                    {size_options.into_iter().collect_view()}
                </select>
            </label>
            <div class="pager-buttons">
                <button
                    type="button"
                    class="btn btn-plain btn-sm btn-square"
                    aria-label=previous_label
                    disabled=move || at_start.get()
                    on:click=previous
                >
                    <IconView icon=Icon::Left />
                </button>
                <button
                    type="button"
                    class="btn btn-plain btn-sm btn-square"
                    aria-label="Next page"
                    disabled=move || next.get().is_empty()
                    on:click=move |_| list.next(&next.get(), shown.get())
                >
                    <IconView icon=Icon::Right />
                </button>
            </div>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_names_rows_and_total() {
        assert_eq!(range_text(25, 25, 312), "26\u{2013}50 of 312");
        assert_eq!(range_text(0, 7, 7), "1\u{2013}7 of 7");
        assert_eq!(range_text(0, 0, 0), "0");
        assert_eq!(range_text(25, 25, 0), "26\u{2013}50");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
