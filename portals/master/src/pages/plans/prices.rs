//! The prices of a plan, as rows that can be added and removed.

use leptos::prelude::*;
use portal_client::pb;
use portal_ui::{CURRENCIES, Icon, IconView, MoneyField, SelectField};

use super::input::PriceInput;

/// The rows. It can be copied; all copies are the same.
#[derive(Clone, Copy)]
pub struct PriceRows(RwSignal<Vec<Row>>);

#[derive(Clone, Copy)]
struct Row {
    cadence: RwSignal<String>,
    currency: RwSignal<String>,
    amount: RwSignal<String>,
}

impl From<PriceInput> for Row {
    fn from(input: PriceInput) -> Self {
        Self {
            cadence: RwSignal::new(input.cadence),
            currency: RwSignal::new(input.currency),
            amount: RwSignal::new(input.amount),
        }
    }
}

impl PriceRows {
    /// Rows with these prices.
    pub fn new(prices: Vec<PriceInput>) -> Self {
        Self(RwSignal::new(prices.into_iter().map(Row::from).collect()))
    }

    /// What is typed in.
    pub fn input(self) -> Vec<PriceInput> {
        self.0.with_untracked(|rows| {
            let row = |row: &Row| PriceInput {
                cadence: row.cadence.get_untracked(),
                currency: row.currency.get_untracked(),
                amount: row.amount.get_untracked(),
            };
            rows.iter().map(row).collect()
        })
    }

    /// Another row, in the currency of the last one.
    fn add(self) {
        let last = self.0.with_untracked(|rows| rows.last().map(|row| row.currency.get_untracked()));
        let input = PriceInput {
            currency: last.unwrap_or_else(|| PriceInput::default().currency),
            ..PriceInput::default()
        };
        self.0.update(|rows| rows.push(input.into()));
    }

    fn remove(self, at: usize) {
        self.0.update(|rows| {
            rows.remove(at);
        });
    }
}

/// The rows as fields.
#[component]
pub fn PriceEditor(
    /// The rows.
    rows: PriceRows,
) -> impl IntoView {
    let cadences = Signal::stored(
        [
            (pb::Cadence::Monthly, "Month"),
            (pb::Cadence::Quarterly, "Quarter"),
            (pb::Cadence::Yearly, "Year"),
        ]
        .map(|(cadence, word)| (cadence.as_str_name().to_owned(), word.to_owned()))
        .to_vec(),
    );
    let currencies = Signal::stored(CURRENCIES.map(|code| (code.to_owned(), code.to_owned())).to_vec());
    let all = move || {
        let all = rows.0.get();
        let only = all.len() == 1;
        let row = move |(at, row): (usize, Row)| {
            view! {
                <div class="price-row" role="group" aria-label=format!("Price {}", at + 1)>
                    <SelectField label="Every" path=format!("plan.prices[{at}].cadence") value=row.cadence options=cadences />
                    <SelectField
                        label="Currency"
                        path=format!("plan.prices[{at}].amount.currency_code")
                        value=row.currency
                        options=currencies
                    />
                    <MoneyField label="Amount" path=format!("plan.prices[{at}].amount") value=row.amount currency=row.currency />
                    <button
                        type="button"
                        class="btn btn-ghost btn-square price-remove"
                        aria-label=format!("Remove price {}", at + 1)
                        disabled=only
                        on:click=move |_| rows.remove(at)
                    >
                        <IconView icon=Icon::Trash />
                    </button>
                </div>
            }
        };
        all.into_iter().enumerate().map(row).collect_view()
    };
    view! {
        {all}
        <div>
            <button type="button" class="btn btn-plain btn-sm" on:click=move |_| rows.add()>
                <IconView icon=Icon::Plus />
                "Add price"
            </button>
        </div>
    }
}
