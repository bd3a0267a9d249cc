//! An instance, live: what can be done with it, what was measured, its log. The portals of the vendor and of its tenants have it.

mod actions;
mod charts;
mod live;
mod log;

pub use actions::{InstanceActions, OpenInstance};
pub use charts::{InstanceCharts, samples};
pub use live::{keep_list_live, keep_live};
pub use log::InstanceLog;
