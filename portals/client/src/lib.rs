//! What a portal or a test calls Tenantry with: typed calls, the session behind them, and one error.
//!
//! In a browser it speaks gRPC-Web to the page's own server, elsewhere gRPC. The calls are the same:
//!
//! ```no_run
//! # use portal_client::{Client, RpcError, pb, request_id};
//! # async fn example() -> Result<(), RpcError> {
//! let client = Client::of_page(pb::Portal::Master, |session| match session {
//!     Some(session) => println!("signed in as {:?}", session.user),
//!     None => println!("the session is over: show the sign-in"),
//! });
//! if client.resume().await?.is_none() {
//!     client.sign_in("ada@example.com", "correct horse 1", "").await?;
//! }
//!
//! let page = client.master().list_tenants(pb::ListTenantsRequest::default()).await?;
//! println!("{} tenants", page.tenants.len());
//!
//! // One key for one intention: made when the form opens, sent with each try.
//! let key = request_id();
//! let wanted = pb::CreatePlanRequest { request_id: key.clone(), ..Default::default() };
//! if let Err(error) = client.master().create_plan(wanted).await {
//!     for (field, message) in &error.violations {
//!         println!("{field} {message}");
//!     }
//! }
//!
//! // A stream ends the call when it is dropped.
//! let mut changes = client.master().watch_deployments(pb::WatchDeploymentsRequest::default()).await?;
//! while let Some(change) = changes.next().await {
//!     println!("{:?}", change?);
//! }
//! # Ok(()) }
//! ```

mod client;
mod error;
mod items;
mod session;
mod transport;

pub use client::{
    Client,
    calls::{self, RPCS},
};
pub use error::{Code, Refused, RpcError};
pub use items::Items;
pub use tenantry_proto::v1 as pb;

/// Whether this is a browser, where the server keeps the refresh token in a cookie that no script can read.
pub const IN_BROWSER: bool = cfg!(target_arch = "wasm32");

/// A new key for the `request_id` of a request. Keep it for as long as the same intention is tried again.
pub fn request_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
