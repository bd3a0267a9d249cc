//! Deployments: the tenants' instances.

mod actions;
mod detail;
mod list;

pub use actions::DeploymentActions;
pub use detail::{DeploymentPage, Notices};
pub use list::Deployments;
