//! Lists: what is shown is kept in the address; above the table are search and filters, under it the pages.

mod pager;
mod query;
mod state;
mod table;
mod toolbar;

pub use pager::grouped;
pub use query::Query;
pub use state::{ListState, Sort};
pub use table::{Column, Rows, Table};
pub use toolbar::{Filter, ListToolbar, day_range};
