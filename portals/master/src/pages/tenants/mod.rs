//! Tenants: the vendor's customers.

mod actions;
mod billing;
mod detail;
mod edit;
mod instances;
mod list;
mod onboard;
mod onboard_input;
mod overview;
mod tabs;

pub use detail::TenantPage;
pub use edit::EditTenant;
pub use list::{TenantTable, Tenants};
pub use onboard::Onboard;
