//! The harness: a real server in the test process, on both databases, called through the client that the portals use.
//!
//! A test is a function in `all/`; [`both!`] runs it once on SQLite and once on PostgreSQL. All tests of a database share one server, so a test makes the
//! tenants that it needs and asserts nothing about what others may have made:
//!
//! ```no_run
//! use anyhow::Result;
//! use tenantry_tests::{Harness, Refused, both, make};
//! use portal_client::{Code, pb};
//!
//! both! {
//!     async fn a_viewer_cannot_stop_an_instance(h: Harness) -> Result<()> {
//!         let acme = h.tenant("acme").await?;                  // onboarded, healthy, with an admin
//!         let viewer = acme.viewer().await?;                   // invited, and signed in
//!         let request = pb::StopDeploymentRequest { deployment_id: acme.deployment_id.clone(), ..Default::default() };
//!         viewer.tenant().stop_deployment(request).await.refused(Code::PermissionDenied)?;
//!         Ok(())
//!     }
//! }
//! ```
//!
//! `h.master()` are the calls of the vendor's admin, `h.staff(role)` is somebody else there, `h.reseller("nord")` a reseller. A test that moves the business
//! clock, or needs the database for itself, takes a server of its own: `let h = Harness::alone(h.database()).await?`.

mod account;
mod check;
mod db;
mod harness;
pub mod make;
mod page;
mod pgbouncer;
pub mod postgres;
pub mod server;
mod site;
mod snapshot;
mod tally;

pub use account::{Account, accept, finished};
pub use check::{Refused, eventually, until_refused, with_stall};
pub use db::Db;
pub use harness::Harness;
pub use page::{address, ask, page};
pub use pgbouncer::PgBouncer;
pub use server::{ADMIN, Database, PASSWORD, Server, fresh_settings, is_last, program, run, servers};
pub use site::{Instance, Process, Site};
pub use snapshot::snapshot;
pub use tally::Tally;

/// Runs each test on both databases: `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($h:ident: $harness:ty) -> $answer:ty $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($h: $harness) -> $answer $body

        mod $name {
            #[test]
            fn sqlite() -> anyhow::Result<()> {
                $crate::run($crate::Database::Sqlite, super::$name)
            }

            #[test]
            fn postgres() -> anyhow::Result<()> {
                $crate::run($crate::Database::Postgres, super::$name)
            }
        }
    )+};
}

/// Runs each test on PostgreSQL, for what only that has: `name::postgres`.
#[macro_export]
macro_rules! on_postgres {
    ($($(#[$meta:meta])* async fn $name:ident($h:ident: $harness:ty) -> $answer:ty $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($h: $harness) -> $answer $body

        mod $name {
            #[test]
            fn postgres() -> anyhow::Result<()> {
                $crate::run($crate::Database::Postgres, super::$name)
            }
        }
    )+};
}
